"""Messages come twice, tasks are poisoned, jobs are cancelled."""

import asyncio
import threading
import time
from pathlib import Path

import pytest
import redis.asyncio

from canslim_infra.postgres.due_tasks import DueTask
from canslim_infra.queue.messages import send
from canslim_infra.queue.redis_clients import sender_client
from tests.faults.checker import check, result
from tests.faults.cluster import POOLS, Cluster
from tests.faults.conftest import SYMBOLS, RunCluster
from tests.faults.poisoned_collector import POISON

POISONED_COLLECTOR = Path(__file__).with_name("poisoned_collector.py")
#: Symbols of one task.
BATCH = 50


def test_every_message_sent_again_and_again_costs_nothing(cluster: Cluster, undisturbed: str) -> None:
    with Repeater(cluster) as repeater:
        job_id = cluster.refresh()
        job = cluster.finished(job_id)
    assert repeater.sent > 50
    assert job["state"] == "completed"
    assert cluster.ask("SELECT max(attempt) FROM job_task") == "1"
    check(cluster)
    assert result(cluster) == undisturbed


@pytest.mark.slow
def test_a_poison_task_is_given_up_and_costs_nobody_else(run_cluster: RunCluster, undisturbed: str) -> None:
    pools = [(name, count) for name, count in POOLS if name != "collector"]
    with run_cluster(pools=pools) as cluster:
        cluster.add("poisoned", [str(POISONED_COLLECTOR)])
        job = cluster.finished(cluster.refresh(), seconds=150)
        assert (job["state"], job["done"], job["failed"]) == ("completed", SYMBOLS + 2 - BATCH, BATCH)
        failures = cluster.http.get(f"/screener/jobs/{job['job_id']}/failures").json()["items"]
        assert {failure["code"] for failure in failures} == {"task_failed"}
        assert POISON in {failure["symbol"] for failure in failures}
        [letter] = cluster.http.get("/screener/dead-letters").json()["items"]
        check(cluster)

        cluster.stop("poisoned")
        cluster.add("collector", ["-m", "canslim_collector"])
        replayed = cluster.http.post(f"/screener/dead-letters/{letter['id']}/replay")
        assert replayed.status_code == 202, replayed.text
        assert cluster.finished(replayed.json()["job_id"])["state"] == "completed"
        assert cluster.http.get("/screener/dead-letters").json()["total"] == 0
        check(cluster)
        assert result(cluster) == undisturbed


def test_a_cancelled_job_ends_at_once_and_writes_no_more(cluster: Cluster) -> None:
    job_id = cluster.refresh()
    cluster.until_collected(job_id, 100)
    answer = cluster.http.post(f"/screener/jobs/{job_id}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    written = cluster.ask("SELECT count(*) FROM series")
    # Longer than a batch takes.
    time.sleep(4)
    assert cluster.ask("SELECT count(*) FROM series") == written
    assert cluster.http.post(f"/screener/jobs/{job_id}/cancel").status_code == 409
    assert cluster.ask("SELECT count(*) FROM rating_set") == "0"
    check(cluster)


@pytest.mark.slow
def test_a_retry_after_a_cancel_collects_only_the_rest(cluster: Cluster, undisturbed: str) -> None:
    job_id = cluster.refresh()
    cluster.until_collected(job_id, 100)
    done = cluster.http.post(f"/screener/jobs/{job_id}/cancel").json()["done"]
    retried = cluster.http.post(f"/screener/jobs/{job_id}/retry")
    job = cluster.finished(retried.json()["job_id"])
    assert (job["state"], job["total"]) == ("completed", SYMBOLS + 2 - done)
    check(cluster)
    assert result(cluster) == undisturbed


def test_a_second_refresh_fetches_nothing_new(cluster: Cluster, undisturbed: str) -> None:
    first = cluster.finished(cluster.refresh())
    second = cluster.finished(cluster.refresh())
    assert first["bars"] > 0
    assert (second["state"], second["unchanged"], second["bars"]) == ("completed", SYMBOLS + 2, 0)
    check(cluster)
    assert result(cluster) == undisturbed


class Repeater:
    """Sends the messages of all unfinished tasks, due or not, ten times a second."""

    def __init__(self, cluster: Cluster) -> None:
        self.sent = 0
        self._cluster = cluster
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._repeat()), daemon=True)

    def __enter__(self) -> "Repeater":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    async def _repeat(self) -> None:
        async with sender_client(self._cluster.redis.url) as client:
            while not self._stop.is_set():
                await self._send(client)
                await asyncio.sleep(0.1)

    async def _send(self, client: redis.asyncio.Redis) -> None:
        unfinished = "SELECT id || ' ' || stage FROM job_task WHERE state IN ('pending', 'running')"
        rows = (await asyncio.to_thread(self._cluster.ask, unfinished)).splitlines()
        tasks = [DueTask(int(row.split()[0]), row.split()[1]) for row in rows]
        if tasks:
            await send(client, tasks)
            self.sent += len(tasks)
