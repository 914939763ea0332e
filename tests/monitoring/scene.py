"""An installation's day in minutes, watched by a real Prometheus: work, failures, scaling, servers away, refusals.

`python -m tests.monitoring.scene` plays the long one and draws the dashboards from what Prometheus saw.
"""

import argparse
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from canslim_collector.stages.collect import expected_session
from canslim_infra.migrations import upgrade
from tests.faults.cluster import TOKEN, free_port
from tests.monitoring.autoscalers import autoscalers
from tests.monitoring.kubernetes_double import KubernetesDouble
from tests.monitoring.pods import NAMESPACE, Pod, Pods
from tests.monitoring.prometheus_process import prometheus
from tests.servers import sql, temporary_postgres, temporary_valkey
from tests.yahoo.faults import Fault, FaultPlan
from tests.yahoo.server_process import YahooServer
from tests.yahoo.spec import MarketSpec
from tools.monitoring.prometheus import Prometheus

#: Longer than a lease: who was silent for so long has lost its task.
SILENT = 13
#: What is asked of the API, and how often in comparison; some of it is not there.
ASKED = {
    "/screener/stocks": 10,
    "/screener/stocks?limit=500": 2,
    "/screener/stocks/SYN00017": 6,
    "/screener/stocks/SYN00017/prices": 3,
    "/screener/stocks/NONE": 1,
    "/screener/market": 4,
    "/screener/jobs": 3,
    "/screener/universes": 1,
    "/nowhere": 1,
}


@dataclass(frozen=True, slots=True)
class Length:
    """symbols: of the synthetic market. stocks: of Yahoo's. pace: requests to Yahoo a second. rest: between acts."""

    symbols: int
    collectors: int
    stocks: int
    pace: int
    storm: int
    rest: float


BRIEF = Length(symbols=600, collectors=2, stocks=210, pace=150, storm=5, rest=1)
LONG = Length(symbols=9000, collectors=5, stocks=300, pace=25, storm=9, rest=15)


@dataclass
class Scene:
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    pods: Pods
    double: KubernetesDouble
    prometheus: Prometheus
    http: httpx.Client
    length: Length
    started: float = field(default_factory=time.time)
    ended: float = 0.0

    def play(self) -> None:
        with self._readers():
            self._sample()
            self._synthetic()
            self._given_up()
            self._yahoo()
        self.ended = time.time()

    def _sample(self) -> None:
        """Rated twice, for a rate needs something to have happened before."""
        scored = 'canslim_task_seconds_count{stage="score",verdict="done"}'
        self._provide("sample")
        assert self._refreshed()["state"] == "completed"
        self._until(lambda: self._seen(scored), "the first scores are counted")
        again = self.http.post("/screener/recalculate", json={}).raise_for_status()
        assert self._finished(again.json()["job_id"])["state"] == "completed"
        self._until(lambda: self._seen(f"{scored} > 1"), "the second ones are")

    def _synthetic(self) -> None:
        """A large refresh with failing requests, over more and fewer pods, crashes and servers that are away."""
        settings = {"SYNTHETIC_SYMBOLS": str(self.length.symbols), "COLLECTOR_THREADS": "2"}
        settings |= {"SYNTHETIC_LATENCY_MS": "250", "SYNTHETIC_FAILURE_RATE": "0.75"}
        self._provide("synthetic", **settings)
        job = self._refresh()
        self._rest()
        while len(self.pods.of("collector")) < self.length.collectors:
            self._scale_out(settings)
            self._rest()
        self._replace_one(settings)
        self.pods.crash(self._busy_collector())
        frozen = self._busy_collector()
        self.pods.freeze(frozen)
        time.sleep(SILENT)
        self.pods.thaw(frozen)
        lost = 'canslim_task_seconds_count{verdict="superseded"} > 0'
        self._until(lambda: self._seen(lost), "it noticed that it lost its task")
        self._postgresql_away()
        self._rest()
        self._scale_in()
        assert self._finished(job)["state"] == "completed"

    def _given_up(self) -> None:
        """An own list of symbols that nobody knows: its refresh fails, and so does rating it."""
        self.http.put("/screener/universes/nothing", json={"symbols": ["NONE", "NEVER"]}).raise_for_status()
        assert self._refreshed("nothing")["state"] == "failed"
        self._rest()

    def _yahoo(self) -> None:
        """A refresh that is refused for a while; and at the end one that has not ended."""
        day = datetime.combine(expected_session() - timedelta(days=3), datetime.min.time(), UTC)
        spec = MarketSpec(symbols=self.length.stocks, now=day.replace(hour=22))
        with YahooServer(spec) as server:
            server.set_faults(FaultPlan(latency_ms=20, rates={Fault.SERVER_ERROR: 0.03}))
            self._provide(
                "yahoo",
                collectors=2,
                YAHOO_BASE_URL=server.url,
                YAHOO_REQUESTS_PER_SECOND=str(self.length.pace),
                YAHOO_TIMEOUT_SECONDS="2",
                COLLECTOR_THREADS="1",
            )
            job = self._refresh()
            self._until(lambda: server.counts().total > self.length.stocks / 2, "Yahoo is asked")
            server.set_faults(FaultPlan(latency_ms=20, storm_seconds=self.length.storm, retry_after=4))
            assert self._finished(job, seconds=300)["state"] == "completed"
            self._rest()
            self.pods.crash(self.pods.of("collector")[0])
            self.pods.until_ready()
            server.next_session()
            server.set_faults(FaultPlan(latency_ms=1500))
            self._refresh()
            # So that the state is read once more, and scraped.
            time.sleep(8)

    def _provide(self, provider: str, collectors: int = 1, **settings: str) -> None:
        """The installation with another provider: new pods, as after an upgrade. The old ones are there until then."""
        before = list(self.pods.all)
        for pod in before:
            if pod.pool == "api":
                self.pods.terminate(pod)
        self.pods.start("api", PROVIDER=provider)
        for _ in range(collectors):
            self.pods.start("collector", PROVIDER=provider, **settings)
        self.pods.start("scoring", PROVIDER=provider)
        self.pods.until_ready()
        self.double.wanted = {}
        for pod in before:
            if pod.pool != "api":
                self.pods.terminate(pod)

    def _scale_out(self, settings: dict[str, str]) -> None:
        self.double.wanted["collector"] = len(self.pods.of("collector")) + 1
        self.pods.start("collector", PROVIDER="synthetic", **settings)
        self.pods.until_ready()

    def _replace_one(self, settings: dict[str, str]) -> None:
        """A new collector for one at work, until a drain was long enough to be scraped."""
        for _ in range(5):
            self._scale_out(settings)
            self.pods.terminate(self._busy_collector())
            self.double.wanted["collector"] = len(self.pods.of("collector"))
            if self._seen("max_over_time(canslim_worker_draining[5m]) == 1"):
                return
        raise AssertionError(f"no drain was scraped\n{self.pods.report()}")

    def _scale_in(self) -> None:
        """Down to one, while the others still have tasks to end."""
        while len(pods := self.pods.of("collector")) > 1:
            self.double.wanted["collector"] = len(pods) - 1
            self.pods.terminate(pods[-1])
            self._rest()

    def _postgresql_away(self) -> None:
        self.postgres.kill()
        time.sleep(7)
        self.postgres.start()
        self._until(self._answers, "the API answers again")

    def _busy_collector(self) -> Pod:
        running = "SELECT count(*) FROM job_task WHERE state = 'running' AND owner LIKE '%/{}/%'"
        found: list[Pod] = []

        def look() -> bool:
            found[:] = [
                pod
                for pod in self.pods.of("collector")
                if sql(self.postgres.url, running.format(pod.process.pid)) != "0"
            ]
            return bool(found)

        self._until(look, "a collector is at work")
        return found[0]

    def _refresh(self, universe: str | None = None) -> str:
        answer = self.http.post("/screener/refresh", json={"universe": universe}).raise_for_status()
        return str(answer.json()["job_id"])

    def _refreshed(self, universe: str | None = None) -> dict[str, Any]:
        return self._finished(self._refresh(universe))

    def _finished(self, job: str, seconds: float = 400) -> dict[str, Any]:
        status: dict[str, Any] = {}

        def ended() -> bool:
            status.update(self.http.get(f"/screener/jobs/{job}").raise_for_status().json())
            return status["state"] not in ("queued", "running")

        self._until(ended, f"job {job} has ended", seconds)
        return status

    def _answers(self) -> bool:
        try:
            return self.http.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def _seen(self, query: str) -> bool:
        return self.prometheus.at(query, time.time()) != []

    def _until(self, condition: Callable[[], bool], what: str, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}\n{self.pods.report()}"
            time.sleep(0.2)

    def _rest(self) -> None:
        time.sleep(self.length.rest)

    @contextmanager
    def _readers(self) -> Iterator[None]:
        """Somebody reads the ratings all the time."""
        closing = threading.Event()
        chance = random.Random(1)

        def read() -> None:
            paths: Sequence[str] = [path for path, often in ASKED.items() for _ in range(often)]
            with httpx.Client(base_url=self.http.base_url, timeout=10) as client:
                while not closing.wait(chance.expovariate(8)):
                    try:
                        client.get(chance.choice(paths))
                    except httpx.TransportError:
                        # Between two processes of the API there is none.
                        continue

        thread = threading.Thread(target=read)
        thread.start()
        try:
            yield
        finally:
            closing.set()
            thread.join()


@contextmanager
def scene(folder: Path, length: Length) -> Iterator[Scene]:
    with ExitStack() as stack:
        postgres = stack.enter_context(temporary_postgres())
        valkey = stack.enter_context(temporary_valkey())
        upgrade(postgres.url)
        port = free_port()
        environment = os.environ | {
            "CANSLIM_DATABASE_URL": postgres.url,
            "CANSLIM_REDIS_URL": valkey.url,
            "CANSLIM_ADMIN_TOKEN": TOKEN,
            "CANSLIM_API_PORT": str(port),
            "CANSLIM_DRAIN_SECONDS": "30",
            "PYTHONFAULTHANDLER": "1",
        }
        targets = folder / "targets.json"
        pods = Pods(folder, environment, targets)
        stack.callback(pods.close)
        asked: list[Prometheus] = []
        stack.callback(lambda: [one.close() for one in asked])

        def work(queue: str) -> float:
            """Raises ValueError where nobody knows, httpx.HTTPError where nobody is asked any more."""
            [answer] = asked[0].at(f'max(canslim_queue_work_seconds{{queue="{queue}"}})', time.time())
            return answer.points[0][1]

        double = stack.enter_context(KubernetesDouble(pods, autoscalers(), work))
        others = dict.fromkeys(("kube-state-metrics", "cadvisor", "keda"), double.address)
        asked.append(Prometheus(stack.enter_context(prometheus(folder, targets, others))))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        http = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30))
        yield Scene(postgres, valkey, pods, double, asked[0], http, length)


def main() -> None:
    from tools.draw_dashboards import draw

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brief", action="store_true", help="play the short one, of the tests")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder), BRIEF if arguments.brief else LONG) as played:
        played.play()
        draw(played.prometheus, played.started, played.ended, NAMESPACE)


if __name__ == "__main__":
    main()
