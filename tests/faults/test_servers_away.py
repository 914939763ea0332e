"""Redis and PostgreSQL go away in the middle; the result is that of the undisturbed run."""

import time

import pytest
import redis

from tests.faults.checker import check, result
from tests.faults.cluster import Cluster
from tests.faults.conftest import SYMBOLS


@pytest.mark.slow
def test_a_flushed_redis_costs_nothing(cluster: Cluster, undisturbed: str) -> None:
    job_id = cluster.refresh()
    for collected in (50, 250):
        cluster.until_collected(job_id, collected)
        with redis.Redis.from_url(cluster.redis.url) as client:
            client.flushall()
    expect_undisturbed(cluster, job_id, undisturbed)


@pytest.mark.slow
def test_a_redis_that_hangs_for_15_seconds_costs_nothing(cluster: Cluster, undisturbed: str) -> None:
    job_id = cluster.refresh()
    cluster.until_collected(job_id, 100)
    cluster.redis.pause()
    time.sleep(15)
    cluster.redis.resume()
    expect_undisturbed(cluster, job_id, undisturbed)


def test_a_killed_redis_costs_nothing(cluster: Cluster, undisturbed: str) -> None:
    job_id = cluster.refresh()
    cluster.until_collected(job_id, 100)
    cluster.redis.kill()
    time.sleep(3)
    cluster.redis.start()
    expect_undisturbed(cluster, job_id, undisturbed)


@pytest.mark.slow
def test_without_redis_a_refresh_is_accepted_and_runs_when_it_is_back(cluster: Cluster, undisturbed: str) -> None:
    cluster.redis.kill()
    job_id = cluster.refresh()
    assert cluster.http.get("/readyz").is_success
    assert cluster.job(job_id)["state"] == "queued"
    cluster.redis.start()
    expect_undisturbed(cluster, job_id, undisturbed)


def test_a_postgresql_restarted_at_once_costs_nothing(cluster: Cluster, undisturbed: str) -> None:
    job_id = cluster.refresh()
    for collected in (50, 250):
        cluster.until_collected(job_id, collected)
        cluster.postgres.restart_immediate()
    expect_undisturbed(cluster, job_id, undisturbed)


@pytest.mark.slow
def test_while_postgresql_is_away_the_api_says_so_and_workers_wait(cluster: Cluster, undisturbed: str) -> None:
    job_id = cluster.refresh()
    cluster.until_collected(job_id, 100)
    cluster.postgres.kill()
    before = {member.log: member.log.stat().st_size for member in cluster.members}
    time.sleep(5)
    answer = cluster.http.post("/screener/refresh", json={})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Content-Type"] == "application/problem+json"
    # Who looped hot would say so by the thousand.
    assert all(log.stat().st_size - size < 20_000 for log, size in before.items())
    cluster.postgres.start()
    expect_undisturbed(cluster, job_id, undisturbed)


def expect_undisturbed(cluster: Cluster, job_id: str, undisturbed: str) -> None:
    job = cluster.finished(job_id, seconds=120)
    assert (job["state"], job["done"], job["failed"]) == ("completed", SYMBOLS + 2, 0), cluster.report()
    check(cluster)
    assert result(cluster) == undisturbed
