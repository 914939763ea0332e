"""The stage `history` on the real sample: the past as it was known, by the formulas of today."""

from datetime import date
from typing import Any

import pytest

from canslim_collector.providers.sample import Sample
from canslim_core.jobs import Job, JobRequest
from canslim_core.stages import BACKFILL, HISTORY, JobKind
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.job_reads import read_job
from tests.scoring.pipeline import open_job, recalculate, run_due, run_job, works

SESSION = date(2017, 3, 31)
#: 27 sessions: those of two tasks.
FIRST = date(2017, 2, 23)
#: What a backfill does not keep.
EXPLANATION = "details"


def backfill(first: date, last: date | None = None) -> JobRequest:
    stages = tuple(stage.name for stage in BACKFILL)
    return JobRequest(JobKind.BACKFILL, "sample", stages=stages, session=last, first_session=first)


async def run(database: Database, sample: Sample, first: date, last: date | None = None) -> Job:
    return await run_job(database, sample, backfill(first, last))


async def execute(database: Database, statement: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(statement)


async def published(database: Database) -> dict[date, dict[str, Any]]:
    """By session, its set and rows, without what tells two jobs apart, and without explanations."""
    async with database.reading() as connection:
        sets = await connection.fetch("SELECT * FROM rating_set WHERE published_at IS NOT NULL ORDER BY session")
        found = {}
        for chosen in map(dict, sets):
            rows = await connection.fetch("SELECT * FROM rating WHERE set_id = $1 ORDER BY symbol", chosen["id"])
            kept = {name: value for name, value in chosen.items() if name not in OF_A_JOB}
            stocks = [{name: row[name] for name in dict(row) if name not in ("set_id", EXPLANATION)} for row in rows]
            found[chosen["session"]] = kept | {"stocks": stocks}
    return found


OF_A_JOB = ("id", "job_id", "created_at", "published_at")


async def test_every_session_is_rated_once(own_rated: Database, sample: Sample) -> None:
    job = await run(own_rated, sample, FIRST)
    assert (job.state, job.error, job.warning) == ("completed", None, None)
    # The newest one is there already.
    assert (job.total, job.done, job.unchanged, job.session) == (27, 27, 1, SESSION)
    sets = await published(own_rated)
    assert len(sets) == 27
    assert min(sets) == FIRST
    assert all(len(chosen["stocks"]) == 410 for chosen in sets.values())


async def test_a_session_of_the_past_is_rated_as_a_refresh_of_its_day_did(own_rated: Database, sample: Sample) -> None:
    before = (await published(own_rated))[SESSION]
    await execute(own_rated, "DELETE FROM rating_set")
    await run(own_rated, sample, SESSION)
    assert (await published(own_rated))[SESSION] == before


async def test_what_is_published_stays_with_its_explanations(own_rated: Database, sample: Sample) -> None:
    job = await run(own_rated, sample, SESSION)
    assert (job.state, job.total, job.unchanged) == ("completed", 1, 1)
    async with own_rated.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM rating WHERE details IS NOT NULL") == 410


async def test_what_older_formulas_rated_is_rated_again(own_rated: Database, sample: Sample) -> None:
    await execute(own_rated, "UPDATE rating_set SET versions[1] = 'older'")
    job = await run(own_rated, sample, SESSION)
    assert (job.total, job.unchanged) == (1, 0)
    (chosen,) = (await published(own_rated)).values()
    assert "older" not in chosen["versions"]
    # The newest session keeps its explanations.
    async with own_rated.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM rating WHERE details IS NOT NULL") == 410


async def test_a_second_time_gives_the_same_bytes(own_rated: Database, sample: Sample) -> None:
    await run(own_rated, sample, date(2017, 3, 27), date(2017, 3, 30))
    once = await published(own_rated)
    await execute(own_rated, "DELETE FROM rating_set WHERE session < '2017-03-31'")
    await run(own_rated, sample, date(2017, 3, 27), date(2017, 3, 30))
    assert await published(own_rated) == once


async def test_what_came_later_changes_nothing(own_rated: Database, sample: Sample) -> None:
    """Prices, filings and splits of the future are spoilt: nobody looks at them."""
    day = date(2017, 3, 1)
    await run(own_rated, sample, day, day)
    once = (await published(own_rated))[day]
    await execute(
        own_rated,
        f"""
        UPDATE daily_bar SET close = close * 7, high = high * 9, volume = 1 WHERE session > '{day}';
        UPDATE filing SET eps_diluted = -99, revenue = 1 WHERE known_on > '{day}';
        INSERT INTO ownership SELECT symbol, '2017-03-10', 50, 9, 1, 1 FROM series;
        INSERT INTO split SELECT symbol, '2017-03-15', 0.1 FROM series ON CONFLICT DO NOTHING;
        DELETE FROM rating_set;
        """,
    )
    await run(own_rated, sample, day, day)
    assert (await published(own_rated))[day] == once


@pytest.mark.slow
async def test_a_session_sees_nothing_of_the_later_ones_of_its_task(own_rated: Database, sample: Sample) -> None:
    """The task has read all of them, with a market that turns and stocks that jump."""
    first, last = date(2016, 10, 24), date(2016, 11, 18)
    await run(own_rated, sample, first, last)
    together = await published(own_rated)
    assert len({chosen["market"]["state"] for chosen in together.values()}) > 1
    for day in (first, date(2016, 11, 4), date(2016, 11, 10), last):
        await execute(own_rated, f"DELETE FROM rating_set WHERE session = '{day}'")
        await run(own_rated, sample, day, day)
        assert (await published(own_rated))[day] == together[day]


async def test_who_lost_its_task_writes_nothing(own_rated: Database, sample: Sample) -> None:
    job_id = await open_job(own_rated, backfill(date(2017, 3, 29), date(2017, 3, 30)))
    await run_due(own_rated, {HISTORY.name: works(own_rated, sample)[HISTORY.name]}, tasks=1)
    before = await published(own_rated)
    # As if another worker had it, from the moment that the first session is written.
    await execute(
        own_rated,
        """
        CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN UPDATE job_task SET owner = 'another' WHERE state = 'running'; RETURN NEW; END $$;
        CREATE TRIGGER lose AFTER INSERT ON rating_set FOR EACH STATEMENT EXECUTE FUNCTION lose();
        """,
    )
    await run_due(own_rated, works(own_rated, sample), tasks=1)
    assert await published(own_rated) == before
    assert (await read_job(own_rated, job_id)).done == 0


async def test_a_stock_is_there_from_its_first_bar_on(own_rated: Database, sample: Sample) -> None:
    day = date(2017, 3, 1)
    await execute(
        own_rated,
        """
        DELETE FROM daily_bar WHERE symbol = 'NKE' AND session < '2017-03-02';
        UPDATE series SET first_session = '2017-03-02' WHERE symbol = 'NKE';
        """,
    )
    await run(own_rated, sample, day, date(2017, 3, 2))
    sets = await published(own_rated)
    assert "NKE" not in {row["symbol"] for row in sets[day]["stocks"]}
    (nke,) = [row for row in sets[date(2017, 3, 2)]["stocks"] if row["symbol"] == "NKE"]
    assert nke["rs_reason"] == "short_history"


async def test_sessions_with_too_few_prices_are_left_out_and_named(own_rated: Database, sample: Sample) -> None:
    await execute(own_rated, "DELETE FROM daily_bar WHERE session = '2017-03-28' AND symbol < 'D'")
    job = await run(own_rated, sample, date(2017, 3, 27), date(2017, 3, 29))
    assert (job.state, job.total, job.done) == ("completed", 2, 2)
    assert job.warning == "not rated, for too few stocks have a price then: 2017-03-28 (1 in all)"
    assert date(2017, 3, 28) not in await published(own_rated)


@pytest.mark.parametrize("first", [date(2001, 1, 1), date(2017, 4, 1)])
async def test_dates_without_prices_are_refused(own_rated: Database, sample: Sample, first: date) -> None:
    last = date(2001, 2, 1) if first.year == 2001 else date(2017, 4, 2)
    job = await run(own_rated, sample, first, last)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.startswith(f"no session of 'sample' from {first} to {last} can be rated")


async def test_a_recalculation_leaves_other_sessions_alone(own_rated: Database, sample: Sample) -> None:
    await run(own_rated, sample, date(2017, 3, 29))
    before = await published(own_rated)
    await run_job(own_rated, sample, recalculate("sample", "rs", "score"))
    assert await published(own_rated) == before


async def test_a_task_that_runs_again_writes_only_what_is_missing(own_rated: Database, sample: Sample) -> None:
    """As after a crash in the middle: one session was written, the other not."""
    first, second = date(2017, 3, 29), date(2017, 3, 30)
    job = await run(own_rated, sample, first, second)
    once = await published(own_rated)
    await execute(
        own_rated,
        f"""
        DELETE FROM rating_set WHERE session = '{second}';
        UPDATE rating SET close = 7 FROM rating_set WHERE id = set_id AND session = '{first}' AND symbol = 'NKE';
        UPDATE job SET state = 'running', finished_at = NULL, open_tasks = 1 WHERE id = '{job.id}';
        UPDATE job_task SET state = 'pending' WHERE job_id = '{job.id}' AND payload ? 'sessions';
        """,
    )
    await run_due(own_rated, works(own_rated, sample))
    again = await published(own_rated)
    assert again[second] == once[second]
    (nke,) = [row for row in again[first]["stocks"] if row["symbol"] == "NKE"]
    assert nke["close"] == 7
