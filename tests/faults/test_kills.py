"""Processes die at the worst moment; the result is that of the undisturbed run."""

import math
import signal
import threading
import time

import pytest

from tests.faults.checker import EXTRA_RUNS, check, result
from tests.faults.cluster import Cluster, Member
from tests.faults.conftest import SYMBOLS, RunCluster

#: Seconds within which 95 % of killed tasks run again: the lease, and what the relay and a start take.
RESTART_P95 = 15


def test_killed_collectors_cost_nothing(cluster: Cluster, undisturbed: str) -> None:
    job_id = cluster.refresh()
    for collected in (50, 150, 300):
        cluster.until_collected(job_id, collected)
        kill_at_work(cluster)
    job = cluster.finished(job_id)
    assert (job["state"], job["done"]) == ("completed", SYMBOLS + 2)
    check(cluster)
    assert result(cluster) == undisturbed
    print(f"\nextra runs a task: {cluster.ask(EXTRA_RUNS)}")


@pytest.mark.slow
def test_killed_tasks_run_again_soon_and_before_a_backlog(run_cluster: RunCluster) -> None:
    # Enough work that the queue is never empty while the leases run out.
    with run_cluster(CANSLIM_SYNTHETIC_SYMBOLS="5000") as cluster:
        job_id = cluster.refresh()
        seconds: list[float] = []
        for collected in (100, 1500):
            cluster.until_collected(job_id, collected)
            seconds += restart_seconds(cluster, kill_at_work(cluster))
        assert int(cluster.ask("SELECT count(*) FROM job_task WHERE state = 'pending' AND attempt = 0")) > 0
        cluster.http.post(f"/screener/jobs/{job_id}/cancel")
        check(cluster)
    seconds.sort()
    p50, p95 = (seconds[math.ceil(share * len(seconds)) - 1] for share in (0.5, 0.95))
    print(f"\n{len(seconds)} killed tasks ran again after p50 {p50:.1f} s, p95 {p95:.1f} s")
    assert p95 <= RESTART_P95


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "blocked"), [("rs", "rating_set"), ("score", "rating")])
def test_scoring_killed_while_it_writes_costs_nothing(
    cluster: Cluster, undisturbed: str, stage: str, blocked: str
) -> None:
    # A lock on the table holds the stage in the middle of its finishing transaction.
    holder = f"LOCK TABLE {blocked} IN SHARE MODE; SELECT pg_sleep(30)"
    job_id = cluster.refresh()
    waiting = (
        f"SELECT count(*) FROM pg_locks JOIN pg_class ON oid = relation WHERE relname = '{blocked}' AND NOT granted"
    )
    in_stage = f"SELECT stage = '{stage}' FROM job WHERE id = '{job_id}'"
    cluster.until_collected(job_id, SYMBOLS // 2)
    with Statement(cluster, holder if stage == "rs" else f"{WAIT_FOR_SET}; {holder}"):
        cluster.until(lambda: cluster.ask(in_stage) == "t", f"the job is in stage {stage}")
        cluster.until(lambda: int(cluster.ask(waiting) or 0) > 0, f"{stage} waits for {blocked}")
        busy(cluster, "scoring").kill()
    assert cluster.finished(job_id)["state"] == "completed"
    check(cluster)
    assert result(cluster) == undisturbed


@pytest.mark.slow
def test_scoring_killed_in_the_middle_of_a_backfill_costs_nothing(cluster: Cluster) -> None:
    assert cluster.finished(cluster.refresh())["state"] == "completed"
    # More than one task's sessions, and some of them written when it dies.
    first = "2025-03-10"
    job_id = backfill(cluster, first)
    for written in (5, 70):
        cluster.until(lambda written=written: sets(cluster) > written, f"{written} sessions are written")
        busy(cluster, "scoring").kill()
    job = cluster.finished(job_id)
    assert (job["state"], job["done"]) == ("completed", job["total"])
    check(cluster)
    found = result(cluster)
    cluster.ask(f"DELETE FROM rating_set WHERE job_id = '{job_id}'")
    cluster.finished(backfill(cluster, first))
    assert result(cluster) == found


def backfill(cluster: Cluster, first: str) -> str:
    job_id: str = cluster.http.post("/screener/backfill", json={"from": first}).raise_for_status().json()["job_id"]
    return job_id


def sets(cluster: Cluster) -> int:
    return int(cluster.ask("SELECT count(*) FROM rating_set"))


def test_a_killed_api_costs_nothing_and_its_events_go_on(cluster: Cluster, undisturbed: str) -> None:
    job_id = cluster.refresh()
    cluster.until_collected(job_id, 100)
    seen = read_events(cluster, job_id, after=0, stop_after=3)
    cluster.of("api")[0].kill()
    job = cluster.finished(job_id)
    assert job["state"] == "completed"
    seen += read_events(cluster, job_id, after=seen[-1])
    assert seen == list(range(1, len(seen) + 1))
    check(cluster)
    assert result(cluster) == undisturbed


@pytest.mark.slow
def test_a_collector_that_is_asked_to_stop_finishes_what_it_runs(cluster: Cluster, undisturbed: str) -> None:
    expect_a_leaver_to_cost_no_attempt(cluster, undisturbed)


@pytest.mark.slow
def test_a_task_longer_than_the_drain_time_is_handed_back_untried(run_cluster: RunCluster, undisturbed: str) -> None:
    with run_cluster(CANSLIM_DRAIN_SECONDS="0.1") as cluster:
        expect_a_leaver_to_cost_no_attempt(cluster, undisturbed)


def expect_a_leaver_to_cost_no_attempt(cluster: Cluster, undisturbed: str) -> None:
    """A collector at work is asked to stop, and does so with exit code 0."""
    job_id = cluster.refresh()
    cluster.until_collected(job_id, 50)
    leaver = busy(cluster, "collector")
    leaver.kept = False
    leaver.process.send_signal(signal.SIGTERM)
    assert leaver.process.wait(20) == 0
    assert cluster.finished(job_id)["state"] == "completed"
    assert cluster.ask("SELECT max(attempt) FROM job_task") == "1"
    check(cluster)
    assert result(cluster) == undisturbed


@pytest.mark.slow
def test_a_second_request_to_stop_is_obeyed_at_once(cluster: Cluster, undisturbed: str) -> None:
    job_id = cluster.refresh()
    cluster.until_collected(job_id, 50)
    leaver = busy(cluster, "collector")
    leaver.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    leaver.process.send_signal(signal.SIGTERM)
    leaver.process.wait(10)
    assert cluster.finished(job_id)["state"] == "completed"
    check(cluster)
    assert result(cluster) == undisturbed


def busy(cluster: Cluster, name: str) -> Member:
    """A process of the pool that has claimed a task."""
    found: list[Member] = []

    def look() -> bool:
        found[:] = [member for member in cluster.of(name) if cluster.running_tasks(member)]
        return bool(found)

    cluster.until(look, f"a {name} has claimed a task")
    return found[0]


def kill_at_work(cluster: Cluster) -> list[int]:
    """Kills a collector and returns the tasks it had: stopped first, so that none of them ends meanwhile."""
    victim = busy(cluster, "collector")
    victim.process.send_signal(signal.SIGSTOP)
    tasks = cluster.running_tasks(victim)
    victim.kill()
    return tasks


def restart_seconds(cluster: Cluster, tasks: list[int]) -> list[float]:
    """How long after now each of the killed tasks was claimed again."""
    started = time.monotonic()
    seconds: dict[int, float] = {}
    wanted = ", ".join(map(str, tasks))
    again = f"SELECT id FROM job_task WHERE id IN ({wanted}) AND attempt > 1"

    def look() -> bool:
        for row in cluster.ask(again).split():
            seconds.setdefault(int(row), time.monotonic() - started)
        return len(seconds) == len(tasks)

    cluster.until(look, "the killed tasks run again")
    return list(seconds.values())


def read_events(cluster: Cluster, job_id: str, after: int, stop_after: int | None = None) -> list[int]:
    """The numbers of a job's events, from the stream."""
    numbers: list[int] = []
    headers = {"Last-Event-ID": str(after)}
    with cluster.http.stream("GET", f"/screener/jobs/{job_id}/events", headers=headers) as stream:
        for line in stream.iter_lines():
            if line.startswith("id: "):
                numbers.append(int(line[4:]))
            if len(numbers) == stop_after:
                break
    return numbers


#: The stage before must have written its rows when the lock is taken.
WAIT_FOR_SET = """
    DO $$ BEGIN
        WHILE NOT EXISTS (SELECT FROM rating_set) LOOP PERFORM pg_sleep(0.01); END LOOP;
    END $$"""


END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'psql' AND pid <> pg_backend_pid()"""


class Statement:
    """Runs a statement in a thread; its session is ended with the block."""

    def __init__(self, cluster: Cluster, statement: str) -> None:
        self._cluster = cluster
        self._thread = threading.Thread(target=self._run, args=(statement,), daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._cluster.ask(END_OTHERS)
        self._thread.join()

    def _run(self, statement: str) -> None:
        self._cluster.ask(f"BEGIN; {statement}; COMMIT")
