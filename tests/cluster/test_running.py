"""A release at work, on a cluster that runs containers: refreshes while pods come, go and are killed."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cluster.kube import Cluster, Namespace, Object
from tests.cluster.prober import prober
from tests.cluster.release import Release
from tests.cluster.values import trial
from tests.cluster.watching import exit_codes

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1500), pytest.mark.usefixtures("containers")]

#: Of provider `synthetic` with these settings, with the two indices. A task takes about ten seconds, all of them half a
#: minute for two pods of 4 threads.
SYMBOLS = 1002
SLOW = {"provider": "synthetic", "synthetic": {"symbols": SYMBOLS - 2, "latencyMs": 1500}}
#: Of provider `sample`, with the two indices.
SAMPLE_SYMBOLS = 412


class Installation:
    """A release whose API is reached through kubectl."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.namespace: Namespace = release.namespace

    @contextmanager
    def api(self) -> Iterator[httpx.Client]:
        """kubectl holds on to one pod, so this is good until the API's pods change."""
        secret = self.namespace.get("secret", "canslim-admin-token")["data"]["token"]
        token = base64.b64decode(secret).decode()
        with (
            self.namespace.forwarded("service/canslim-api", 8000) as address,
            httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=20) as http,
        ):
            yield http

    def refresh(self) -> str:
        with self.api() as http:
            answer = http.post("/screener/refresh", json={})
        assert answer.status_code == 202, answer.text
        return answer.json()["job_id"]

    def job(self, job_id: str) -> Object:
        with self.api() as http:
            return http.get(f"/screener/jobs/{job_id}").raise_for_status().json()

    def ask(self, statement: str) -> str:
        """The rows of one statement, as psql prints them."""
        psql = ["psql", "--username=canslim", "--dbname=canslim", "--no-psqlrc", "--tuples-only", "--no-align"]
        words = ("exec", "canslim-postgresql-0", "--container=postgresql", "--", *psql, "--command", statement)
        return self.namespace.kubectl(*words).strip()

    def finished(self, job_id: str) -> Object:
        ended = f"SELECT 1 FROM job WHERE id = '{job_id}' AND finished_at IS NOT NULL"
        self.namespace.eventually(lambda: self.ask(ended), f"job {job_id} has finished", 400)
        return self.job(job_id)

    def busy(self, number: int = 1) -> list[str]:
        """At least so many of the collector's pods, each of which has claimed tasks."""
        found: set[str] = set()

        def look() -> bool:
            owners = self.ask("SELECT DISTINCT split_part(owner, '/', 1) FROM job_task WHERE state = 'running'")
            pods = {pod["metadata"]["name"] for pod in self.namespace.pods("collector")}
            found.update(pods & set(owners.split()))
            return len(found) >= number

        self.namespace.eventually(look, f"{number} of the collector's pods have claimed tasks")
        return sorted(found)

    def expect_complete(self, job_id: str, symbols: int = SYMBOLS) -> None:
        job = self.finished(job_id)
        assert (job["state"], job["done"], job["failed"]) == ("completed", symbols, 0), job

    def expect_nothing_ran_twice(self, job_id: str) -> None:
        assert self.ask(f"SELECT max(attempt), max(crashes) FROM job_task WHERE job_id = '{job_id}'") == "1|0"


@pytest.fixture(scope="module")
def installation(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with cluster.temporary_namespace() as namespace:
        release = Release(namespace, "helm4", tmp_path_factory.mktemp("helm"))
        install(release, slow())
        yield Installation(release)


@pytest.fixture
def pools(installation: Installation) -> Installation:
    """Two collectors, and data of which the provider has newer ones."""
    installation.ask("UPDATE series SET revision = 'older'")
    scale(installation, 2)
    return installation


def slow(**values: Any) -> dict[str, Any]:
    return trial(settings={**SLOW, **values})


def install(release: Release, values: dict[str, Any]) -> None:
    release.helm("list")
    release.install(values, "--wait", "--timeout=420s")


def scale(installation: Installation, number: int) -> None:
    installation.namespace.kubectl("scale", "deployment/canslim-collector", f"--replicas={number}")
    installation.namespace.eventually(
        lambda: len(installation.namespace.ready("collector")) == number, f"{number} collectors are ready", 180
    )


def test_the_sample_data_are_refreshed_and_read_through_the_api(namespace: Namespace, tmp_path: Path) -> None:
    release = Release(namespace, "helm4", tmp_path)
    install(release, trial())
    installation = Installation(release)
    installation.expect_complete(installation.refresh(), SAMPLE_SYMBOLS)
    with installation.api() as http:
        best = http.get("/screener/stocks", params={"min_rs": 99, "limit": 5}).raise_for_status().json()
    assert best["items"], best


def test_kubectl_scale_brings_workers_that_take_tasks(pools: Installation) -> None:
    scale(pools, 3)
    job = pools.refresh()
    assert len(pools.busy(3)) == 3
    pools.expect_complete(job)
    pools.expect_nothing_ran_twice(job)


def test_an_upgrade_under_load_loses_no_task_and_no_request(pools: Installation) -> None:
    with prober(pools.namespace) as requests:
        job = pools.refresh()
        pools.busy()
        before = {name: set(pools.namespace.ready(name)) for name in ("api", "collector", "scoring")}
        values = slow(logFormat="console")
        pools.release.upgrade(values, "--force-conflicts", "--wait", "--timeout=420s")
        assert not any(before[name] & set(pools.namespace.ready(name)) for name in before)
        pools.expect_complete(job)
        pools.expect_nothing_ran_twice(job)
    assert requests.failures == []
    assert requests.answered > 100


def test_a_pod_that_is_killed_in_the_middle_loses_nothing(pools: Installation) -> None:
    job = pools.refresh()
    victim, *_ = pools.busy()
    pools.namespace.kubectl("delete", "pod", victim, "--grace-period=0", "--force")
    pools.expect_complete(job)
    retried = f"SELECT count(*) FROM job_task WHERE job_id = '{job}' AND attempt > 1"
    assert int(pools.ask(retried)) >= 1, "it had no task when it was killed, so this proves nothing"


def test_pods_that_are_scaled_in_end_what_they_run(pools: Installation) -> None:
    job = pools.refresh()
    workers = pools.busy(2)
    with exit_codes(pools.namespace, "app.kubernetes.io/component=collector") as ended:
        pools.namespace.kubectl("scale", "deployment/canslim-collector", "--replicas=1")
        pools.namespace.eventually(lambda: len(pools.namespace.pods("collector")) == 1, "one was chosen to go")
        (leaver,) = set(workers) - {pod["metadata"]["name"] for pod in pools.namespace.pods("collector")}
        with pools.namespace.forwarded(f"pod/{leaver}", 9090) as address:
            metrics = httpx.get(f"{address}/metrics", timeout=10).text
            readiness = httpx.get(f"{address}/readyz", timeout=10).status_code
        assert 'canslim_worker_draining{queue="collector"} 1.0' in metrics
        assert readiness == 503
        pools.namespace.eventually(lambda: leaver in ended, "it ends", 200)
        assert ended[leaver] == 0
    pools.expect_complete(job)
    pools.expect_nothing_ran_twice(job)


def test_the_images_run_as_an_account_without_rights(pools: Installation) -> None:
    for component in ("api", "collector", "scoring"):
        pod = pools.namespace.ready(component)[0]
        told = pools.namespace.kubectl("exec", pod, f"--container={component}", "--", "cat", "/proc/1/status")
        status = dict(line.split(":\t", 1) for line in told.splitlines() if ":\t" in line)
        assert status["Uid"].split() == ["10001"] * 4
        assert int(status["CapEff"], 16) == 0
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"] == "2"
