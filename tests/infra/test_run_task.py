"""The use case that runs a task, on the real store."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from canslim_core.errors import Malformed, Refused, StoreUnavailable, Throttled, Unavailable
from canslim_core.jobs import Outcome, Pause, Task, Work
from canslim_core.states import JobState, TaskState
from canslim_core.use_cases.run_task import Leases, Verdict, run_task
from canslim_infra.postgres.jobs import PostgresTransactions
from tests.infra.delivery import Delivery, outcome_of
from tests.infra.engine import LEASE, Engine, nobody, refresh
from tests.infra.faults import FaultyDatabase
from tests.infra.invariants import install_recorders

#: Renews as often as the loop allows.
EAGER = Leases(duration=LEASE, renew_every=timedelta(0))


async def run(engine: Engine, task_id: int, work: Work, **more: Any) -> Verdict:
    given = {"owner": "worker", "transactions": engine.transactions, "wake_up": nobody, "jitter": lambda: 0.0}
    return await run_task(task_id, work, **given | more)


async def due_task(engine: Engine) -> int:
    await engine.start(refresh("A"))
    return (await engine.take())[0]


def failing_with(error: Exception) -> Work:
    async def work(task: Task) -> Outcome[Any]:
        raise error

    return work


async def collecting(task: Task) -> Outcome[Any]:
    return Outcome(done=len(task.symbols))


async def for_ever(task: Task) -> Outcome[Any]:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_delivered_task_is_done_and_its_followers_are_sent(engine: Engine) -> None:
    woken = []

    async def wake_up() -> None:
        woken.append(await engine.take())

    assert await run(engine, await due_task(engine), collecting, wake_up=wake_up) is Verdict.DONE
    assert [len(tasks) for tasks in woken] == [1]


async def test_a_redelivered_message_does_no_work(engine: Engine) -> None:
    task_id = await due_task(engine)
    await run(engine, task_id, collecting)
    assert await run(engine, task_id, failing_with(AssertionError())) is Verdict.DUPLICATE


async def test_an_unexpected_error_is_tried_again_and_reported(engine: Engine) -> None:
    task_id = await due_task(engine)
    reported: list[tuple[Task, BaseException]] = []
    error = ZeroDivisionError("by zero")
    verdict = await run(engine, task_id, failing_with(error), on_failure=lambda *failure: reported.append(failure))
    assert verdict is Verdict.RETRIED
    assert [(task.id, failure) for task, failure in reported] == [(task_id, error)]
    assert (await engine.task(task_id))["error"] == "ZeroDivisionError: by zero"


@pytest.mark.parametrize("error", [Malformed("another shape"), Refused("not allowed")], ids=["malformed", "refused"])
async def test_what_trying_again_can_not_help_is_not_tried_again(engine: Engine, error: Exception) -> None:
    task_id = await due_task(engine)
    assert await run(engine, task_id, failing_with(error)) is Verdict.DEAD
    row = await engine.task(task_id)
    assert (row["state"], row["attempt"], row["error"]) == (TaskState.DEAD, 1, str(error))


async def test_the_last_attempt_is_the_last(engine: Engine) -> None:
    task_id = await due_task(engine)
    verdicts = []
    for _ in range(5):
        verdicts.append(await run(engine, task_id, failing_with(Unavailable("no answer"))))
        await engine.make_due()
    assert verdicts == [Verdict.RETRIED] * 3 + [Verdict.DEAD, Verdict.DUPLICATE]


async def test_a_throttled_task_waits_as_long_as_the_source_asked_and_is_not_counted_as_tried(engine: Engine) -> None:
    task_id = await due_task(engine)
    for _ in range(6):
        await engine.make_due()
        work = failing_with(Throttled("the source asked us to slow down", timedelta(hours=2)))
        assert await run(engine, task_id, work) is Verdict.POSTPONED
    row = await engine.task(task_id)
    assert (row["state"], row["attempt"]) == (TaskState.PENDING, 0)
    job = await engine.job(row["job_id"])
    now = await engine.value("SELECT clock_timestamp()")
    assert timedelta(hours=1.9) < row["due_at"] - now < timedelta(hours=2)
    assert job.waits_until is not None
    assert timedelta(hours=1.9) < job.waits_until - now < timedelta(hours=2)
    assert job.wait_reason == "the source asked us to slow down"
    # The hour that a job has does not count the wait.
    assert timedelta(hours=2.9) < job.deadline_at - now < timedelta(hours=3)


async def test_a_job_that_only_waits_ends_after_a_day(engine: Engine) -> None:
    task_id = await due_task(engine)
    await run(engine, task_id, failing_with(Throttled("come back next week", timedelta(days=7))))
    job = await engine.job((await engine.task(task_id))["job_id"])
    assert job.deadline_at - job.created_at == timedelta(days=1)


async def test_the_rest_of_a_task_is_due_after_the_pause(engine: Engine) -> None:
    task_id = await due_task(engine)
    pause = Pause("slow down", timedelta(hours=2))

    async def work(task: Task) -> Outcome[Any]:
        return Outcome(done=1, requests=3, spawn=[{"symbols": ["B"]}], pause=pause)

    assert await run(engine, task_id, work) is Verdict.DONE
    job = await engine.job((await engine.task(task_id))["job_id"])
    [rest] = [row for row in await engine.tasks(job.id) if row["state"] == TaskState.PENDING]
    now = await engine.value("SELECT clock_timestamp()")
    assert timedelta(hours=1.9) < rest["due_at"] - now < timedelta(hours=2)
    assert (job.wait_reason, job.requests, job.open_tasks, job.stage) == ("slow down", 3, 1, "collect")


async def test_a_slow_source_gets_the_time_it_needs(engine: Engine) -> None:
    task_id = await due_task(engine)

    async def work(task: Task) -> Outcome[Any]:
        return Outcome(spawn=[{"symbols": ["B"]}], time_needed=timedelta(hours=5))

    await run(engine, task_id, work)
    job = await engine.job((await engine.task(task_id))["job_id"])
    assert timedelta(hours=5.9) < job.deadline_at - job.created_at < timedelta(hours=6.1)


async def test_a_cancelled_job_stops_the_work(engine: Engine) -> None:
    task_id = await due_task(engine)

    async def work(task: Task) -> Outcome[Any]:
        await engine.cancel(task.job_id)
        return await for_ever(task)

    assert await run(engine, task_id, work, leases=EAGER) is Verdict.CANCELLED


async def test_a_lost_lease_stops_the_work(engine: Engine) -> None:
    task_id = await due_task(engine)

    async def work(task: Task) -> Outcome[Any]:
        await engine.release(task.owner)
        return await for_ever(task)

    assert await run(engine, task_id, work, leases=EAGER) is Verdict.SUPERSEDED


async def test_a_commit_whose_answer_was_lost_counts_once(engine: Engine) -> None:
    await install_recorders(engine.database)
    task_id = await due_task(engine)
    faulty = FaultyDatabase(engine.database)
    delivery = Delivery(task_id, "worker", PostgresTransactions(faulty))
    await delivery.settled()
    assert delivery.task is not None
    # Effect, job, task, failures, counters, event, stage, its task, its count, event; and the commit.
    with faulty.crashing(11, StoreUnavailable("the answer was lost")):
        assert await delivery.end(outcome_of(delivery.task)) is Verdict.SUPERSEDED
    job = await engine.job(delivery.task.job_id)
    assert (job.stage, job.done, job.total) == ("rs", 1, 1)
    assert await engine.value("SELECT count(*) FROM effect") == 1


async def test_a_store_that_was_away_at_the_end_costs_no_work(engine: Engine) -> None:
    await install_recorders(engine.database)
    task_id = await due_task(engine)
    faulty = FaultyDatabase(engine.database)
    delivery = Delivery(task_id, "worker", PostgresTransactions(faulty))
    await delivery.settled()
    assert delivery.task is not None
    with faulty.crashing(1, StoreUnavailable("away")):
        assert await delivery.end(outcome_of(delivery.task)) is Verdict.DONE
    assert await engine.value("SELECT count(*) FROM effect") == 1


async def test_a_result_that_can_not_be_stored_fails_the_task(engine: Engine) -> None:
    task_id = await due_task(engine)

    async def write(connection: Any) -> None:
        await connection.execute("INSERT INTO universe_member VALUES ('sample', 'not listed')")

    async def work(task: Task) -> Outcome[Any]:
        return Outcome(write=write, done=1)

    assert await run(engine, task_id, work) is Verdict.RETRIED
    row = await engine.task(task_id)
    assert (row["state"], row["error"].partition(":")[0]) == (TaskState.PENDING, "ForeignKeyViolationError")


async def test_a_whole_refresh_runs_to_its_end(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    while task_ids := await engine.take():
        for task_id in task_ids:
            await run(engine, task_id, collecting)
    assert (await engine.job(job.id)).state is JobState.COMPLETED
