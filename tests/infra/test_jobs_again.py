"""What people do with jobs that did not end well: cancel, retry, replay."""

import asyncio

import pytest

from canslim_core.errors import Conflict, NotFound
from canslim_core.jobs import Job, Outcome, SymbolFailure
from canslim_core.states import JobState
from canslim_core.use_cases.retry_job import replay_dead_letter, retry_job
from canslim_infra.postgres.job_reads import list_dead_letters
from tests.infra.engine import Engine, nobody, recalculation, refresh


async def retry(engine: Engine, job: Job) -> Job:
    return await retry_job(job.id, requested_by="test", transactions=engine.transactions, wake_up=nobody)


async def replay(engine: Engine, task_id: int) -> Job:
    return await replay_dead_letter(task_id, requested_by="test", transactions=engine.transactions, wake_up=nobody)


async def with_a_dead_batch(engine: Engine) -> tuple[Job, int]:
    """A job whose batch of A is dead and whose batch of B is done; the job goes on."""
    job = await engine.start(refresh("A", "B"), [{"symbols": ["A"]}, {"symbols": ["B"]}])
    task = await engine.claimed(job)
    await engine.fail(task)
    await engine.finish(await engine.claimed(job))
    return job, task.id


async def test_a_finished_job_is_not_cancelled(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    await engine.cancel(job.id)
    with pytest.raises(Conflict, match="is cancelled already"):
        await engine.cancel(job.id)


async def test_a_cancelled_job_ends_at_once(engine: Engine) -> None:
    job = await engine.start(refresh("A", "B"), [{"symbols": ["A"]}, {"symbols": ["B"]}])
    await engine.claimed(job)
    job = await engine.cancel(job.id)
    assert (job.state, job.open_tasks) == (JobState.CANCELLED, 0)
    assert job.finished_at is not None
    assert await engine.take() == []


async def test_an_unfinished_job_is_not_retried(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    with pytest.raises(Conflict, match="only a finished job"):
        await retry(engine, job)


async def test_a_job_without_failures_is_not_retried(engine: Engine) -> None:
    job = await engine.complete(await engine.start(refresh("A")))
    with pytest.raises(Conflict, match="nothing to run again"):
        await retry(engine, job)


async def test_a_retry_takes_the_symbols_that_failed(engine: Engine) -> None:
    job = await engine.start(refresh("A", "B", "C"), [{"symbols": ["A", "B"]}, {"symbols": ["C"]}])
    failures = [SymbolFailure("B", "unavailable", "no answer")]
    await engine.finish(await engine.claimed(job), Outcome(done=1, failures=failures))
    await engine.fail(await engine.claimed(job))
    await engine.complete(job)
    again = await retry(engine, job)
    assert (again.symbols, again.stages, again.retry_of) == (("B", "C"), job.stages, job.id)


async def test_a_retry_of_a_cancelled_refresh_takes_what_was_not_collected(engine: Engine) -> None:
    job = await engine.start(refresh("A", "B"), [{"symbols": ["A"]}, {"symbols": ["B"]}])
    await engine.finish(await engine.claimed(job))
    await engine.cancel(job.id)
    assert (await retry(engine, job)).symbols == ("B",)


async def test_a_retry_of_a_universe_that_was_never_listed_begins_anew(engine: Engine) -> None:
    job = await engine.start(refresh())
    await engine.fail(await engine.claimed(job))
    again = await retry(engine, job)
    assert (again.symbols, again.stage) == (None, "collect")


async def test_a_retry_of_a_failed_score_rates_again(engine: Engine) -> None:
    job = await engine.start(recalculation("rs", "score"))
    await engine.finish(await engine.claimed(job))
    await engine.fail(await engine.claimed(job))
    # Its unpublished strengths are those of the failed job.
    assert (await retry(engine, job)).stages == ("rs", "score")


async def test_a_retry_takes_the_dead_letters_along(engine: Engine) -> None:
    job, task_id = await with_a_dead_batch(engine)
    await engine.complete(job)
    again = await retry(engine, job)
    assert (await engine.task(task_id))["replayed_by"] == again.id
    assert await list_dead_letters(engine.database) == []


async def test_a_retry_waits_for_another_job_of_its_universe(engine: Engine) -> None:
    job = await engine.start(refresh())
    await engine.cancel(job.id)
    await engine.start(refresh())
    with pytest.raises(Conflict, match="wait for it or cancel it first"):
        await retry(engine, job)


async def test_a_dead_task_is_a_dead_letter(engine: Engine) -> None:
    job, task_id = await with_a_dead_batch(engine)
    (letter,) = await list_dead_letters(engine.database)
    assert (letter["id"], letter["job_id"], letter["error"]) == (task_id, job.id, "it failed")


async def test_a_dead_letter_is_replayed_for_its_symbols_after_its_job(engine: Engine) -> None:
    job, task_id = await with_a_dead_batch(engine)
    with pytest.raises(Conflict, match=f"job {job.id}, another refresh of universe 'sample', is running"):
        await replay(engine, task_id)
    await engine.complete(job)
    again = await replay(engine, task_id)
    assert (again.symbols, again.stages, again.retry_of) == (("A",), job.stages, job.id)
    assert await list_dead_letters(engine.database) == []


async def test_a_dead_letter_is_replayed_once(engine: Engine) -> None:
    job, task_id = await with_a_dead_batch(engine)
    await engine.complete(job)
    answers = await asyncio.gather(*(replay(engine, task_id) for _ in range(10)), return_exceptions=True)
    assert [isinstance(answer, Conflict) for answer in answers].count(False) == 1
    assert await engine.value("SELECT count(*) FROM job") == 2


async def test_a_dead_letter_that_never_was_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound, match="no dead letter 42"):
        await replay(engine, 42)


async def test_a_retry_and_a_replay_at_once_do_not_lock_each_other_out(engine: Engine) -> None:
    for _ in range(20):
        job, task_id = await with_a_dead_batch(engine)
        await engine.complete(job)
        answers = await asyncio.gather(retry(engine, job), replay(engine, task_id), return_exceptions=True)
        assert {type(answer) for answer in answers} <= {Job, Conflict}
        for again in answers:
            if isinstance(again, Job):
                await engine.cancel(again.id)
