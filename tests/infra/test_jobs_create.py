import asyncio
from typing import Any

import pytest

from canslim_core.errors import Conflict, NotFound
from canslim_core.jobs import JobRequest
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.jobs import PostgresJobs
from tests.infra.engine import Engine, recalculation, refresh


async def test_fifty_creates_at_once_with_one_key_make_one_job(engine: Engine) -> None:
    answers = await asyncio.gather(*(engine.create(refresh("A", key="once")) for _ in range(50)))
    assert len({job.id for job, _ in answers}) == 1
    assert [created for _, created in answers].count(True) == 1
    assert await engine.value("SELECT count(*) FROM job_task") == 1


async def test_fifty_creates_at_once_with_keys_of_their_own_make_one_job(engine: Engine) -> None:
    answers = await asyncio.gather(*(engine.create(refresh(key=f"key {n}")) for n in range(50)))
    assert len({job.id for job, _ in answers}) == 1
    assert [created for _, created in answers].count(True) == 1


async def test_a_key_that_joined_an_unfinished_job_names_it_for_ever(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    assert await engine.create(refresh("A", key="late")) == (job, False)
    await engine.cancel(job.id)
    again, created = await engine.create(refresh("A", key="late"))
    assert (again.id, created) == (job.id, False)


async def test_a_key_used_for_two_requests_at_once_makes_one_job(engine: Engine) -> None:
    requests = [refresh(universe=universe, key="once") for universe in ("sample", "files")]
    answers = await asyncio.gather(*map(engine.create, requests), return_exceptions=True)
    assert [isinstance(answer, Conflict) for answer in answers].count(True) == 1
    assert await engine.value("SELECT count(*) FROM job") == 1


async def test_a_key_names_its_job_after_that_has_finished(engine: Engine) -> None:
    job = await engine.start(refresh("A", key="once"))
    await engine.cancel(job.id)
    again, created = await engine.create(refresh("A", key="once"))
    assert (again.id, created) == (job.id, False)


@pytest.mark.parametrize(
    "other",
    [
        refresh("B", key="once"),
        refresh(key="once"),
        refresh("A", universe="files", key="once"),
        refresh("A", key="once", stages=("collect",)),
        recalculation(key="once"),
    ],
    ids=["symbols", "universe instead", "universe", "stages", "kind"],
)
async def test_a_key_used_for_another_request_is_a_conflict(engine: Engine, other: JobRequest) -> None:
    job = await engine.start(refresh("A", key="once"))
    with pytest.raises(Conflict, match=rf"'once' was used for another request, job {job.id}"):
        await engine.create(other)


async def test_an_unfinished_refresh_is_returned_instead_of_a_second_one(engine: Engine) -> None:
    job = await engine.start(refresh())
    again, created = await engine.create(refresh())
    assert (again.id, created) == (job.id, False)


async def test_a_finished_refresh_does_not_stand_in_the_way(engine: Engine) -> None:
    job = await engine.start(refresh())
    await engine.cancel(job.id)
    _, created = await engine.create(refresh())
    assert created


async def test_universes_run_beside_each_other(engine: Engine) -> None:
    requests = [refresh(), refresh(universe="files")]
    assert [(await engine.create(request))[1] for request in requests] == [True] * 2


@pytest.mark.parametrize(
    "other", [refresh("A"), recalculation(), refresh(stages=("rs", "score"))], ids=["symbols", "kind", "stages"]
)
async def test_another_job_of_an_unfinished_universe_is_a_conflict(engine: Engine, other: JobRequest) -> None:
    job = await engine.start(refresh())
    with pytest.raises(Conflict, match=rf"job {job.id}, another refresh of universe 'sample', is queued"):
        await engine.create(other)


async def test_the_order_of_symbols_makes_no_other_request(engine: Engine) -> None:
    job = await engine.start(refresh("A", "B"))
    assert (await engine.start(refresh("B", "A"))).id == job.id


async def test_a_job_that_finishes_while_another_is_asked_for_does_not_hide_that_it_is_new(
    engine: Engine, database: Database
) -> None:
    first = await engine.start(refresh("A"))

    class FinishesInBetween:
        """A connection on which the first job ends after the first statement."""

        def __init__(self, connection: Any) -> None:
            self._connection = connection

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

        async def fetchrow(self, *arguments: Any) -> Any:
            row = await self._connection.fetchrow(*arguments)
            if not (await engine.job(first.id)).state.finished:
                await engine.cancel(first.id)
            return row

    async with database.transaction() as connection:
        request = refresh("A")
        job, created = await PostgresJobs(FinishesInBetween(connection)).create(request, request.first_tasks())
    assert created
    assert job.id != first.id


async def test_a_new_job_is_queued_with_its_first_tasks_due(engine: Engine) -> None:
    job = await engine.start(refresh(*(f"S{number:02}" for number in range(60))))
    assert (job.state, job.stage, job.total, job.stage_tasks, job.open_tasks) == ("queued", "collect", 60, 2, 2)
    assert await engine.events(job.id) == ["created"]
    assert len(await engine.take()) == 2


async def test_a_job_that_is_not_there_is_not_found(engine: Engine, database: Database) -> None:
    nowhere = "00000000-0000-0000-0000-000000000000"
    for call in (engine.job, engine.cancel):
        with pytest.raises(NotFound, match=nowhere):
            await call(nowhere)


async def test_symbols_outside_the_stored_list_are_unknown(engine: Engine) -> None:
    await engine.execute("INSERT INTO listing (symbol, benchmark) VALUES ('A', false), ('B', false)")
    await engine.execute("INSERT INTO universe_member VALUES ('sample', 'A'), ('files', 'B')")
    async with engine.transactions() as jobs:
        assert await jobs.unknown_symbols("sample", ["Z", "B", "A"]) == ["B", "Z"]


async def test_every_symbol_is_unknown_before_the_universe_was_listed(engine: Engine) -> None:
    async with engine.transactions() as jobs:
        assert await jobs.unknown_symbols("sample", ["A"]) == ["A"]


async def test_thousands_of_symbols_are_one_job(engine: Engine) -> None:
    symbols = [f"LONG{number:05}.XNYS" for number in range(10_000)]
    job = await engine.start(refresh(*symbols))
    assert (await engine.start(refresh(*reversed(symbols)))).id == job.id
    assert job.stage_tasks == 200
