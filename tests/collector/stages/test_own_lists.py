"""Stage `collect` of lists that a person made."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from canslim_collector.provider import Habits, Listing, Provider
from canslim_collector.providers.sample import Sample
from canslim_collector.providers.synthetic import Synthetic
from canslim_collector.stages.collect import list_universe
from canslim_core.errors import UnknownSymbol
from canslim_core.jobs import Job
from canslim_core.states import JobState
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.rating_reads import StockFilter, list_stocks, read_market
from canslim_infra.postgres.universes import write_own_list
from tests.collector.builders import FakeProvider
from tests.collector.stages.test_collect import rows, written
from tests.scoring.pipeline import refresh, run_job

LISTED = "SELECT symbol, benchmark FROM universe_member JOIN listing USING (symbol) WHERE universe = 'mine' ORDER BY 1"


class Unasked(FakeProvider):
    """Has no list."""

    async def listings(self, universe: str, before: Sequence[str] = ()) -> Sequence[Listing]:
        raise UnknownSymbol(f"no universe {universe!r}")


def with_benchmarks(*benchmarks: str) -> Unasked:
    return Unasked(habits=Habits(benchmarks=benchmarks))


async def make(database: Database, *symbols: str) -> None:
    await write_own_list(database, "mine", "fake", symbols)


async def test_its_symbols_and_the_benchmarks_are_collected_and_the_provider_not_asked(database: Database) -> None:
    await make(database, "B", "A")
    outcome = await written(database, await list_universe("mine", with_benchmarks("SPY", "QQQ"), database))
    assert (outcome.total, outcome.spawn) == (4, [{"symbols": ["A", "B", "QQQ", "SPY"]}])
    assert await rows(database, LISTED) == [("A", False), ("B", False), ("QQQ", True), ("SPY", True)]


async def test_a_benchmark_that_the_list_names_is_collected_once_and_not_rated(database: Database) -> None:
    await make(database, "A", "SPY")
    outcome = await written(database, await list_universe("mine", with_benchmarks("SPY"), database))
    assert outcome.total == 2
    assert await rows(database, LISTED) == [("A", False), ("SPY", True)]


async def test_without_benchmarks_the_list_is_all(database: Database) -> None:
    await make(database, "A")
    await written(database, await list_universe("mine", Unasked(), database))
    assert await rows(database, LISTED) == [("A", False)]


async def test_writing_the_list_twice_leaves_what_once_leaves(database: Database) -> None:
    await make(database, "A")
    outcome = await list_universe("mine", with_benchmarks("SPY"), database)
    await written(database, outcome)
    await written(database, outcome)
    assert await rows(database, LISTED) == [("A", False), ("SPY", True)]


async def test_it_never_gets_old_nor_belongs_to_a_provider(database: Database) -> None:
    await make(database, "A")
    async with database.transaction() as connection:
        await connection.execute("UPDATE universe SET provider = 'other', listed_at = now() - interval '9 years'")
    outcome = await list_universe("mine", Unasked(habits=Habits(list_for=timedelta(days=6))), database)
    assert outcome.total == 1


async def test_a_list_that_was_deleted_meanwhile_is_unknown_to_the_provider(database: Database) -> None:
    with pytest.raises(UnknownSymbol, match="no universe 'mine'"):
        await list_universe("mine", with_benchmarks("SPY"), database)


@pytest.mark.parametrize("provider", [Sample(), Synthetic(symbols=3)], ids=lambda one: one.name)
async def test_providers_bring_the_benchmarks_that_their_own_lists_have(provider: Provider) -> None:
    listings = await provider.listings(provider.name)
    assert {one.symbol for one in listings if one.benchmark} == {*provider.habits.benchmarks}


async def run(database: Database, *symbols: str) -> Job:
    await make(database, *symbols)
    return await run_job(database, Synthetic(symbols=30), refresh("mine"))


async def test_a_refresh_rates_its_stocks_against_each_other_and_has_a_market(database: Database) -> None:
    job = await run(database, "SYN00001", "SYN00002", "SYN00003")
    assert (job.state, job.done, job.total) == (JobState.COMPLETED, 5, 5)
    page = await list_stocks(database, "mine", None, StockFilter(), limit=10, offset=0)
    assert sorted(item["symbol"] for item in page.items) == ["SYN00001", "SYN00002", "SYN00003"]
    assert (await read_market(database, "mine", None))["market"]["indexes"].keys() == {"SPY", "QQQ"}


async def test_a_symbol_that_the_provider_lacks_is_a_failure_with_its_reason(database: Database) -> None:
    job = await run(database, *(f"SYN{number:05}" for number in range(20)), "TYPO")
    assert (job.state, job.failed) == (JobState.COMPLETED, 1)
    assert await rows(database, "SELECT symbol, code FROM job_failure") == [("TYPO", "unknown_symbol")]
