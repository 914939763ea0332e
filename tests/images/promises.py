"""What every way to start the images promises."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx

from tests.images.installation import Container, Installation

#: Of provider `sample`, with the two indices.
SAMPLE_SYMBOLS = 412
#: Seconds between two looks at a process that stops.
PAUSE = 0.1
#: So many tries in a row may have no answer, on a machine that is busy with other things.
MISSED = 2
#: What the interpreter takes to go once the worker has ended; no thread of it answers any more.
GOING = timedelta(seconds=2)


def expect_a_sample_refresh_to_complete(installation: Installation) -> None:
    job = installation.finished(installation.refresh())
    assert (job["state"], job["done"], job["failed"]) == ("completed", SAMPLE_SYMBOLS, 0), installation.report()
    best = installation.http.get("/screener/stocks", params={"min_rs": 99, "limit": 5}).json()
    assert best["items"], best


def expect_a_leaver_to_lose_nothing(installation: Installation, symbols: int, grace: int) -> None:
    """A collector at work is told to stop: it ends what it runs, shows its metrics to the last, and exits with 0."""
    job_id = installation.refresh()
    leaver = installation.busy("collector")
    seen = watch_it_stop(leaver, grace)
    assert leaver.state["ExitCode"] == 0, leaver.logs()
    assert seen.draining, "its metrics never said that it drains"
    assert seen.ready == {503}, "it says that it could claim a task"
    assert seen.alive == {200}, "it would be killed while it drains"
    job = installation.finished(job_id)
    assert (job["state"], job["done"], job["failed"]) == ("completed", symbols, 0), installation.report()
    assert installation.ask("SELECT max(attempt), max(crashes) FROM job_task") == "1|0", "a task ran twice"


@dataclass
class Seen:
    """What a process answered from the moment that it was told to stop."""

    draining: int = 0
    ready: set[int] = field(default_factory=set)
    alive: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Try:
    """One attempt to read the metrics, as Prometheus makes them."""

    ended: datetime
    metrics: str | None


def watch_it_stop(leaver: Container, grace: int) -> Seen:
    """Reads its metrics until it is gone."""
    seen, tries = Seen(), []
    with httpx.Client(base_url=f"http://{leaver.address}:9090", timeout=5) as http:
        stop = leaver.stopping(grace)
        while stop.poll() is None:
            tries.append(read(http))
            if 'canslim_worker_draining{queue="collector"} 1.0' in (tries[-1].metrics or ""):
                with suppress(httpx.TransportError):
                    ready, alive = http.get("/readyz").status_code, http.get("/healthz").status_code
                    seen.draining += 1
                    seen.ready.add(ready)
                    seen.alive.add(alive)
            time.sleep(PAUSE)
    assert stop.returncode == 0
    expect_metrics_to_the_end(tries, datetime.fromisoformat(leaver.state["FinishedAt"]))
    return seen


def read(http: httpx.Client) -> Try:
    try:
        metrics = http.get("/metrics").text
    except httpx.TransportError:
        metrics = None
    return Try(datetime.now(UTC), metrics)


def expect_metrics_to_the_end(tries: list[Try], ended: datetime) -> None:
    """While the process lives, tries that fail are few in a row, and the last answer is of its last moment."""
    answers = [number for number, one in enumerate(tries) if one.metrics is not None]
    assert answers, "its metrics never answered"
    gaps = [after - before - 1 for before, after in pairwise(answers)]
    assert max(gaps, default=0) <= MISSED, f"{max(gaps)} tries in a row had no answer"
    silent = ended - tries[answers[-1]].ended
    print(f"\n{len(answers)} answers of {len(tries)} tries; silent for the last {silent.total_seconds():.2f} s")
    assert silent <= GOING, f"silent for {silent} before its end"
