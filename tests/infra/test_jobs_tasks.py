"""Claim, renew, finish, fail: the life of a task."""

import asyncio
from datetime import date, timedelta

import pytest

from canslim_core.errors import Cancelled, Superseded
from canslim_core.jobs import Outcome, SymbolFailure
from canslim_core.ports import Renewal
from canslim_core.states import JobState, TaskState
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.due_tasks import bury_poisoned, expire_jobs, reclaim_expired
from tests.infra.engine import LEASE, Engine, recalculation, refresh
from tests.infra.invariants import install_recorders, record_effect


async def test_twenty_workers_that_claim_at_once_get_one_task(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    (task,) = await engine.tasks(job.id)
    claims = await asyncio.gather(*(engine.claim(task["id"], f"worker {n}") for n in range(20)))
    assert [claim is not None for claim in claims].count(True) == 1


async def test_a_claim_starts_the_job(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    task = await engine.claimed(job)
    job = await engine.job(job.id)
    assert (task.attempt, task.symbols, job.state) == (1, ("A",), JobState.RUNNING)
    assert await engine.events(job.id) == ["created", "stage_started"]


async def test_a_task_of_a_finished_job_is_not_claimed(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    (task,) = await engine.tasks(job.id)
    await engine.cancel(job.id)
    assert await engine.claim(task["id"]) is None


async def test_a_task_that_never_was_is_not_claimed(engine: Engine) -> None:
    assert await engine.claim(12345) is None


async def test_a_task_is_not_claimed_before_it_is_due(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    task = await engine.claimed(job)
    await engine.fail(task, retry_in=timedelta(minutes=1))
    assert await engine.claim(task.id) is None
    await engine.make_due()
    assert await engine.claim(task.id) is not None


async def test_a_renewal_moves_the_end_of_the_lease(engine: Engine) -> None:
    task = await engine.claimed(await engine.start(refresh("A")))
    await engine.expire_lease(task.id)
    assert await engine.renew(task) is Renewal.HELD
    assert await reclaim_expired(engine.database) == 0


async def test_a_renewal_of_a_reclaimed_task_says_superseded(engine: Engine) -> None:
    task = await engine.claimed(await engine.start(refresh("A")))
    await engine.expire_lease(task.id)
    await reclaim_expired(engine.database)
    assert await engine.renew(task) is Renewal.SUPERSEDED
    await engine.claim(task.id, "another")
    assert await engine.renew(task) is Renewal.SUPERSEDED


async def test_a_renewal_of_a_cancelled_job_says_cancelled(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    task = await engine.claimed(job)
    await engine.cancel(job.id)
    assert await engine.renew(task) is Renewal.CANCELLED


async def test_a_cancelled_job_drops_late_results(engine: Engine) -> None:
    await install_recorders(engine.database)
    job = await engine.start(refresh("A"))
    task = await engine.claimed(job)
    await engine.cancel(job.id)

    async def write(connection: object) -> None:
        await record_effect(connection, task.id, task.owner, task.attempt)

    with pytest.raises(Cancelled):
        await engine.finish(task, Outcome(write=write, done=1))
    assert await engine.value("SELECT count(*) FROM effect") == 0
    job = await engine.job(job.id)
    assert (job.state, job.done, job.open_tasks) == (JobState.CANCELLED, 0, 0)


async def test_a_superseded_attempt_writes_nothing(engine: Engine) -> None:
    await install_recorders(engine.database)
    task = await engine.claimed(await engine.start(refresh("A")))
    await engine.expire_lease(task.id)
    await reclaim_expired(engine.database)
    await engine.claim(task.id, task.owner)

    async def write(connection: object) -> None:
        await record_effect(connection, task.id, task.owner, task.attempt)

    with pytest.raises(Superseded):
        await engine.finish(task, Outcome(write=write, done=1))
    assert not await engine.fail(task, retry_in=timedelta(0))
    assert not await engine.fail(task, retry_in=None)
    assert await engine.value("SELECT count(*) FROM effect") == 0
    assert (await engine.task(task.id))["state"] == TaskState.RUNNING


async def test_a_late_worker_of_a_completed_job_was_superseded(engine: Engine) -> None:
    late = await engine.claimed(await engine.start(recalculation("score")))
    await engine.expire_lease(late.id)
    await reclaim_expired(engine.database)
    other = await engine.claim(late.id)
    assert other is not None
    await engine.finish(other)
    assert (await engine.job(late.job_id)).state is JobState.COMPLETED
    assert await engine.renew(late) is Renewal.SUPERSEDED
    with pytest.raises(Superseded):
        await engine.finish(late)


async def test_a_failed_task_waits_before_it_is_tried_again(engine: Engine) -> None:
    task = await engine.claimed(await engine.start(refresh("A")))
    assert await engine.fail(task, retry_in=timedelta(minutes=10), error="no answer")
    wait = await engine.value("SELECT due_at - now() FROM job_task WHERE id = $1", task.id)
    assert timedelta(minutes=9) < wait < timedelta(minutes=11)
    assert await engine.take() == []
    row = await engine.task(task.id)
    assert (row["state"], row["error"], row["attempt"]) == (TaskState.PENDING, "no answer", 1)


async def test_a_dead_batch_costs_its_symbols_and_not_the_job(engine: Engine) -> None:
    job = await engine.start(refresh("A", "B"), [{"symbols": ["A"]}, {"symbols": ["B"]}])
    await engine.fail(await engine.claimed(job), error="no answer")
    await engine.finish(await engine.claimed(job))
    job = await engine.job(job.id)
    assert (job.stage, job.done, job.failed, job.total) == ("rs", 1, 1, 2)
    rows = await engine.rows("SELECT symbol, code, message FROM job_failure")
    assert rows == [{"symbol": "A", "code": "task_failed", "message": "no answer"}]


async def test_a_dead_task_of_the_whole_universe_fails_the_job(engine: Engine) -> None:
    job = await engine.start(recalculation("rs", "score"))
    await engine.fail(await engine.claimed(job), error="no bars")
    job = await engine.job(job.id)
    assert (job.state, job.error, job.open_tasks) == (JobState.FAILED, "no bars", 0)
    assert await engine.events(job.id) == ["created", "stage_started", "task_dead", "finished"]


async def test_the_last_task_of_a_stage_opens_the_next_one(engine: Engine) -> None:
    job = await engine.start(refresh("A", "B"), [{"symbols": ["A"]}, {"symbols": ["B"]}])
    await engine.finish(await engine.claimed(job))
    assert (await engine.job(job.id)).stage == "collect"
    await engine.finish(await engine.claimed(job))
    job = await engine.job(job.id)
    assert (job.stage, job.stage_tasks, job.open_tasks) == ("rs", 1, 1)


async def test_two_last_tasks_that_finish_at_once_open_the_next_stage_once(engine: Engine) -> None:
    symbols = [f"S{number:02}" for number in range(20)]
    job = await engine.start(refresh(*symbols), [{"symbols": [symbol]} for symbol in symbols])
    tasks = [await engine.claimed(job) for _ in symbols]
    await asyncio.gather(*(engine.finish(task) for task in tasks))
    job = await engine.job(job.id)
    assert (job.stage, job.done, job.open_tasks) == ("rs", 20, 1)
    assert (await engine.events(job.id)).count("stage_started") == 2


async def test_a_job_completes_after_its_last_stage(engine: Engine) -> None:
    job = await engine.complete(await engine.start(refresh("A")))
    assert (job.state, job.stage, job.done, job.failed, job.total) == (JobState.COMPLETED, "score", 1, 0, 1)
    assert (await engine.events(job.id))[-1] == "finished"


async def test_an_outcome_is_counted(engine: Engine) -> None:
    job = await engine.start(refresh("A", "B", "C"))
    failures = [SymbolFailure("C", "unknown_symbol", "nobody knows it")]
    outcome = Outcome(session=date(2024, 12, 31), done=2, unchanged=1, bars=7, failures=failures)
    await engine.finish(await engine.claimed(job), outcome)
    job = await engine.job(job.id)
    assert (job.done, job.unchanged, job.failed, job.bars, job.session) == (2, 1, 1, 7, date(2024, 12, 31))


async def test_the_session_of_a_job_never_goes_back(engine: Engine) -> None:
    job = await engine.start(refresh("A", "B"), [{"symbols": ["A"]}, {"symbols": ["B"]}])
    for day in (31, 30):
        await engine.finish(await engine.claimed(job), Outcome(session=date(2024, 12, day), done=1))
    assert (await engine.claimed(job)).session == date(2024, 12, 31)


async def test_a_worker_that_stops_hands_its_tasks_back_untried(engine: Engine) -> None:
    task = await engine.claimed(await engine.start(refresh("A")), "stopping")
    other = await engine.claimed(await engine.start(refresh("B", universe="files")), "going on")
    assert await engine.release("stopping") == 1
    row = await engine.task(task.id)
    assert (row["state"], row["attempt"]) == (TaskState.PENDING, 0)
    assert (await engine.task(other.id))["state"] == TaskState.RUNNING
    assert await engine.take() == [task.id]


async def test_a_handed_back_task_is_fenced_from_who_had_it(engine: Engine) -> None:
    task = await engine.claimed(await engine.start(refresh("A")), "stopping")
    await engine.release("stopping")
    again = await engine.claim(task.id, "another")
    assert again is not None
    assert again.attempt == task.attempt
    with pytest.raises(Superseded):
        await engine.finish(task)


async def test_a_task_is_buried_after_its_worker_died_at_every_attempt(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    for attempt in range(1, 5):
        task = await engine.claimed(job, f"victim {attempt}")
        assert (task.attempt, task.max_attempts) == (attempt, 4)
        await engine.expire_lease(task.id)
        assert await reclaim_expired(engine.database) == (attempt < 4)
        assert await bury_poisoned(engine.database) == (attempt == 4)
    row = await engine.task(task.id)
    assert (row["state"], row["error"]) == (TaskState.DEAD, "its worker died or hung at every one of 4 attempts")
    assert (await engine.job(job.id)).failed == 1


async def test_a_task_that_another_relay_buries_at_the_same_time_is_counted_once(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    task = await engine.claimed(job)
    await engine.execute("UPDATE job_task SET attempt = max_attempts, lease_until = now() - interval '1 s'")
    buried = await asyncio.gather(*(bury_poisoned(engine.database) for _ in range(5)))
    assert sum(buried) == 1
    assert (await engine.job(job.id)).failed == len(task.symbols)


async def test_a_running_lease_is_nobody_elses(engine: Engine) -> None:
    await engine.claimed(await engine.start(refresh("A")))
    assert await reclaim_expired(engine.database) == 0
    assert await bury_poisoned(engine.database) == 0


async def test_a_job_past_its_deadline_fails_with_its_tasks(engine: Engine) -> None:
    job = await engine.start(refresh("A", "B"), [{"symbols": ["A"]}, {"symbols": ["B"]}])
    running = await engine.claimed(job)
    await engine.execute("UPDATE job SET deadline_at = now() - interval '1 s'")
    assert await expire_jobs(engine.database) == 1
    job = await engine.job(job.id)
    assert job.state is JobState.FAILED
    assert "in stage collect" in (job.error or "")
    assert {row["state"] for row in await engine.tasks(job.id)} == {TaskState.CANCELLED}
    with pytest.raises(Cancelled):
        await engine.finish(running)


async def test_a_late_job_that_another_relay_ended_meanwhile_stays_as_it_is(engine: Engine) -> None:
    job = await engine.cancel((await engine.start(refresh("A"))).id)
    async with engine.transactions() as jobs:
        await jobs.expire(job.id)
    assert await engine.job(job.id) == job


async def test_a_job_within_its_deadline_goes_on(engine: Engine) -> None:
    await engine.start(refresh("A"))
    assert await expire_jobs(engine.database) == 0


async def test_a_lease_is_measured_by_the_database(engine: Engine, database: Database) -> None:
    task = await engine.claimed(await engine.start(refresh("A")))
    left = await engine.value("SELECT lease_until - clock_timestamp() FROM job_task WHERE id = $1", task.id)
    assert LEASE - timedelta(minutes=1) < left <= LEASE


async def test_tasks_that_took_two_workers_down_run_one_at_a_time(engine: Engine) -> None:
    for universe in ("sample", "files", "innocent"):
        await engine.start(refresh(universe=universe))
    suspect, other, innocent = await engine.take()
    await engine.execute("UPDATE job_task SET crashes = 2 WHERE id <> $1", innocent)
    claims = [await engine.claim(task_id) for task_id in (suspect, other, innocent)]
    assert [claim is not None for claim in claims] == [True, False, True]


async def test_a_suspect_is_sent_when_the_one_before_it_has_ended(engine: Engine) -> None:
    first = await engine.start(refresh("A"))
    await engine.start(refresh("B", universe="files"))
    await engine.execute("UPDATE job_task SET crashes = 2")
    task = await engine.claimed(first)
    assert await engine.take() == []
    await engine.finish(task)
    assert len(await engine.take()) == 2


async def test_of_several_suspects_one_is_sent(engine: Engine) -> None:
    for universe in ("sample", "files"):
        await engine.start(refresh("A", universe=universe))
    await engine.execute("UPDATE job_task SET crashes = 2")
    [first] = await engine.take()
    task = await engine.claim(first)
    assert task is not None
    await engine.fail(task, retry_in=timedelta(0))
    await engine.execute("UPDATE job_task SET crashes = 0 WHERE id = $1", first)
    assert len(await engine.take()) == 2
