"""Stage `collect` on real PostgreSQL."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from prometheus_client import REGISTRY

from canslim_collector.provider import Ask, Bars, Columns, Failure, Habits, Listing, Provider, Stored
from canslim_collector.providers.sample import Sample
from canslim_collector.stages.collect import ROUNDS, collect, collect_stock_data, list_universe
from canslim_core.errors import Malformed, ProviderError, Throttled, Unavailable, UnknownSymbol
from canslim_core.jobs import Outcome, Pause, Task
from canslim_infra.postgres.connection import Database
from tests.collector.builders import LAST, FakeProvider, bars, filings, spoilt


async def store(database: Database, provider: Provider, *symbols: str) -> Outcome[Any]:
    """Collects for the last time and writes, as the engine does."""
    session = await provider.session()
    return await written(database, await collect(symbols, session, provider, database, last_round=ROUNDS))


async def written(database: Database, outcome: Outcome[Any]) -> Outcome[Any]:
    assert outcome.write is not None
    async with database.transaction() as connection:
        await outcome.write(connection)
    return outcome


async def rows(database: Database, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.fetch(query, *arguments)]


async def closes(database: Database, symbol: str) -> list[float]:
    stored = await rows(database, "SELECT close FROM daily_bar WHERE symbol = $1 ORDER BY session", symbol)
    return [close for (close,) in stored]


async def series(database: Database, symbol: str) -> tuple[Any, ...]:
    """Provider, revision, number of bars, generation."""
    query = "SELECT provider, revision, bars, generation FROM series WHERE symbol = $1"
    (row,) = await rows(database, query, symbol)
    return row


# What is asked.


async def test_a_new_symbol_is_asked_for_as_a_whole(database: Database) -> None:
    provider = FakeProvider({"A": bars(1, 2, 3)})
    outcome = await store(database, provider, "A")
    assert provider.asked == [Ask("A")]
    assert (outcome.done, outcome.unchanged, outcome.bars) == (1, 0, 3)
    assert await series(database, "A") == ("fake", "1", 3, 1)


async def test_a_source_without_news_is_not_asked(database: Database) -> None:
    provider = FakeProvider({"A": bars(1, 2, 3)})
    await store(database, provider, "A")
    again = replace(provider, asked=[])
    outcome = await store(database, again, "A")
    assert again.asked == []
    assert (outcome.done, outcome.unchanged, outcome.bars) == (1, 1, 0)
    assert await closes(database, "A") == [1, 2, 3]


async def test_a_source_with_news_is_asked_from_the_last_stored_bar_on(database: Database) -> None:
    await store(database, FakeProvider({"A": bars(1, 2, last=date(2017, 3, 30), adj_factor=[0.5, 1])}), "A")
    provider = FakeProvider({"A": bars(1, 2, 3, adj_factor=[0.5, 1, 1])}, token="2")
    await collect(["A"], LAST, provider, database)
    assert provider.asked == [Ask("A", Stored(date(2017, 3, 29), date(2017, 3, 30), 2.0, 1.0))]


async def test_a_repeated_ask_without_newer_bars_counts_as_unchanged_and_notes_the_revision(database: Database) -> None:
    provider = FakeProvider({"A": bars(1, 2, 3)})
    await store(database, provider, "A")
    outcome = await store(database, replace(provider, token="2"), "A")
    assert (outcome.done, outcome.unchanged, outcome.bars) == (1, 1, 0)
    assert await series(database, "A") == ("fake", "2", 3, 1)


# What is stored.


async def test_newer_bars_are_appended(database: Database) -> None:
    await store(database, FakeProvider({"A": bars(1, 2, last=date(2017, 3, 30))}), "A")
    outcome = await store(database, FakeProvider({"A": bars(1, 2, 3)}, token="2"), "A")
    assert (outcome.bars, await closes(database, "A")) == (1, [1, 2, 3])
    assert await series(database, "A") == ("fake", "2", 3, 1)


async def test_a_restated_history_replaces_the_stored_one_and_raises_the_generation(database: Database) -> None:
    await store(database, FakeProvider({"A": bars(8, 9, 10, 11, last=date(2017, 3, 30))}), "A")
    halved = FakeProvider({"A": bars(5, 5.5, 6, adj_factor=[0.5, 0.5, 1])}, token="2")
    await store(database, halved, "A")
    assert await closes(database, "A") == [5, 5.5, 6]
    assert await series(database, "A") == ("fake", "2", 3, 2)


async def test_another_provider_restates_everything(database: Database) -> None:
    await store(database, FakeProvider({"A": bars(1, 2, 3, 4)}), "A")
    other = FakeProvider({"A": bars(1, 2)}, name="other")
    await store(database, other, "A")
    assert other.asked == [Ask("A")]
    assert await closes(database, "A") == [1, 2]
    assert await series(database, "A") == ("other", "1", 2, 2)


async def test_a_restated_history_brings_its_splits_and_drops_the_old_ones(database: Database) -> None:
    await store(database, FakeProvider({"A": bars(8, 4, 2, split=[0.25, 0.5, 1])}), "A")
    steps = await rows(database, "SELECT ex_date, factor FROM split ORDER BY ex_date")
    assert steps == [(date(2017, 3, 30), 0.5), (date(2017, 3, 31), 0.5)]
    await store(database, FakeProvider({"A": bars(9, 3, split=[1 / 3, 1])}, token="2"), "A")
    assert await rows(database, "SELECT ex_date, factor FROM split") == [(date(2017, 3, 31), pytest.approx(1 / 3))]


async def test_one_symbol_changes_nothing_of_another(database: Database) -> None:
    await store(database, FakeProvider({"A": bars(1, 2), "B": bars(7, 8)}), "A", "B")
    await store(database, FakeProvider({"A": bars(5, 6)}, token="2"), "A")
    assert await closes(database, "B") == [7, 8]
    assert await series(database, "B") == ("fake", "1", 2, 1)


async def test_writing_a_task_twice_leaves_what_once_leaves(database: Database) -> None:
    outcome = await collect(["A"], LAST, FakeProvider({"A": bars(1, 2)}, {"A": filings(REPORT)}), database)
    await written(database, outcome)
    await written(database, outcome)
    assert await closes(database, "A") == [1, 2]
    assert len(await rows(database, "SELECT * FROM filing")) == 1


REPORT = ("2016-12-31", "FY", "2017-01-25", 8.3)


async def test_a_restated_filing_keeps_what_was_known_before(database: Database) -> None:
    await store(database, FakeProvider({"A": bars(1)}, {"A": filings(REPORT)}), "A")
    restated = ("2016-12-31", "FY", "2017-03-10", 7.9)
    await store(database, FakeProvider({"A": bars(1)}, {"A": filings(REPORT, restated)}, token="2"), "A")
    known = await rows(database, "SELECT known_on, eps_diluted FROM filing ORDER BY known_on")
    assert known == [(date(2017, 1, 25), 8.3), (date(2017, 3, 10), 7.9)]


async def test_a_filing_delivered_again_takes_the_newer_figures(database: Database) -> None:
    await store(database, FakeProvider({"A": bars(1)}, {"A": filings(REPORT)}), "A")
    corrected = (*REPORT[:3], 8.31)
    await store(database, FakeProvider({"A": bars(1)}, {"A": filings(REPORT, corrected)}, token="2"), "A")
    assert await rows(database, "SELECT eps_diluted, revenue FROM filing") == [(8.31, None)]


async def test_filings_reach_a_symbol_that_has_no_newer_bar(database: Database) -> None:
    await store(database, FakeProvider({"A": bars(1)}), "A")
    outcome = await store(database, FakeProvider({"A": bars(1)}, {"A": filings(REPORT)}, token="2"), "A")
    assert outcome.unchanged == 1
    assert len(await rows(database, "SELECT * FROM filing")) == 1


# What fails.

FAILURES = [
    (UnknownSymbol("no B"), "unknown_symbol"),
    (Malformed("B: row 7"), "malformed"),
    (Throttled("slow down", timedelta(seconds=1)), "throttled"),
    (Unavailable("503"), "unavailable"),
    (ProviderError("who knows"), "provider_error"),
]


@pytest.mark.parametrize(("error", "code"), FAILURES, ids=[code for _, code in FAILURES])
async def test_a_symbol_that_fails_has_a_code_and_the_others_go_on(
    database: Database, error: ProviderError, code: str
) -> None:
    provider = FakeProvider({"A": bars(1)}, failures={"B": Failure("B", error)})
    outcome = await store(database, provider, "A", "B")
    assert [(one.symbol, one.code, one.message) for one in outcome.failures] == [("B", code, str(error))]
    assert (outcome.done, await closes(database, "A"), await closes(database, "B")) == (1, [1], [])


async def test_a_symbol_without_an_answer_is_asked_for_again_behind_all_others(database: Database) -> None:
    provider = FakeProvider({"A": bars(1)}, failures={"B": Failure("B", Unavailable("503"))})
    outcome = await written(database, await collect(["A", "B"], LAST, provider, database))
    assert (outcome.done, outcome.failures, outcome.spawn) == (1, [], [{"symbols": ["B"], "round": 1}])


async def test_who_was_not_got_to_is_asked_for_after_the_pause(database: Database) -> None:
    pause = Pause("slow down", timedelta(minutes=2))
    provider = FakeProvider({"A": bars(1)}, left_out=("B", "C"), pause=pause)
    outcome = await written(database, await collect(["A", "B", "C"], LAST, provider, database))
    assert (outcome.done, outcome.failures, outcome.pause) == (1, [], pause)
    assert outcome.spawn == [{"symbols": ["B", "C"], "round": 0}]
    assert await closes(database, "A") == [1]


async def test_a_source_that_lets_nothing_through_postpones_the_task(database: Database) -> None:
    provider = FakeProvider(left_out=("A", "B"), pause=Pause("slow down", timedelta(minutes=2)))
    with pytest.raises(Throttled, match="slow down") as refused:
        await collect(["A", "B"], LAST, provider, database)
    assert refused.value.retry_after == timedelta(minutes=2)


# What is known of a symbol.


async def statuses(database: Database) -> list[tuple[Any, ...]]:
    return await rows(database, "SELECT symbol, status, reason, misses FROM symbol_status ORDER BY symbol")


async def test_every_symbol_has_a_status(database: Database) -> None:
    histories = {"FRESH": bars(1, 2), "HALTED": bars(1, last=date(2017, 3, 20))}
    failures = {"BAD": Failure("BAD", Malformed("row 7"))}
    await store(database, FakeProvider(histories, failures=failures), "FRESH", "HALTED", "BAD", "GONE")
    assert await statuses(database) == [
        ("BAD", "malformed", "row 7", 0),
        ("FRESH", "fresh", None, 0),
        ("GONE", "unknown_symbol", "no GONE", 1),
        ("HALTED", "stale", "its last bar is of 2017-03-20", 0),
    ]


SESSIONS = [date(2017, 3, day) for day in (1, 2, 3, 6, 7, 8, 9, 10, 13)]
PATIENT = Habits(misses=3, probe_after=timedelta(days=7))


async def test_a_symbol_counts_as_delisted_after_misses_at_three_sessions(database: Database) -> None:
    alive = FakeProvider({"A": bars(1, last=SESSIONS[0])}, members=named("A"), today=SESSIONS[0], habits=PATIENT)
    await written(database, await list_universe("u", alive, database))
    await store(database, alive, "A")
    asked = []
    for number, session in enumerate(SESSIONS[1:]):
        for _ in range(2):
            dead = FakeProvider(today=session, token=f"later {number}", habits=PATIENT)
            await store(database, dead, "A")
            asked.append(len(dead.asked))
    # Once at each of three sessions; then it is left alone for a week.
    assert asked == [1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]
    assert await rows(database, "SELECT delisted_on FROM listing") == [(SESSIONS[0],)]
    assert await statuses(database) == [("A", "delisted", "no A", 4)]
    assert await closes(database, "A") == [1]


async def test_a_delisted_symbol_that_is_answered_for_trades_again(database: Database) -> None:
    await written(database, await list_universe("u", FakeProvider(members=named("A")), database))
    for number, session in enumerate(SESSIONS[:3]):
        await store(database, FakeProvider(today=session, token=str(number), habits=PATIENT), "A")
    assert await rows(database, "SELECT delisted_on FROM listing") == [(SESSIONS[2],)]
    await store(database, FakeProvider({"A": bars(1)}, habits=PATIENT), "A")
    assert await rows(database, "SELECT delisted_on FROM listing") == [(None,)]
    assert await statuses(database) == [("A", "fresh", None, 0)]


async def test_a_new_list_that_names_a_delisted_symbol_does_not_bring_it_back(database: Database) -> None:
    await written(database, await list_universe("u", FakeProvider(members=named("A", "B")), database))
    for number, session in enumerate(SESSIONS[:3]):
        await store(database, FakeProvider(today=session, token=str(number), habits=PATIENT), "A")
    again = FakeProvider(members=named("A", "B"), habits=PATIENT)
    await written(database, await list_universe("u", again, database))
    listed = await rows(database, "SELECT symbol, delisted_on FROM listing ORDER BY symbol")
    assert listed == [("A", SESSIONS[2]), ("B", None)]


async def test_a_failure_that_is_no_denial_starts_the_count_anew(database: Database) -> None:
    for number, session in enumerate(SESSIONS[:2]):
        await store(database, FakeProvider(today=session, token=str(number), habits=PATIENT), "A")
    away = FakeProvider(failures={"A": Failure("A", Unavailable("503"))}, habits=PATIENT)
    await store(database, away, "A")
    assert await statuses(database) == [("A", "unavailable", "503", 0)]


async def test_the_memo_comes_back_with_the_next_ask(database: Database) -> None:
    await store(database, FakeProvider({"A": bars(1)}, memos={"A": {"read_on": "2017-03-31", "due": None}}), "A")
    await store(database, FakeProvider({"A": bars(1)}, memos={"A": {"due": "2017-04-20"}}, token="2"), "A")
    provider = FakeProvider({"A": bars(1)}, token="3")
    await store(database, provider, "A")
    assert provider.asked[0].memo == {"read_on": "2017-03-31", "due": "2017-04-20"}
    other = FakeProvider({"A": bars(1)}, name="other")
    await store(database, other, "A")
    assert other.asked == [Ask("A")]


# What sources without dates report.


def shown(*rows: tuple[str, str, float]) -> Columns:
    table = dict(filings(*((end, period, "2017-01-01", eps) for end, period, eps in rows)))
    del table["known_on"]
    return table


async def test_reports_become_known_at_the_session_that_shows_them(database: Database) -> None:
    first = shown(("2016-09-30", "Q3", 1.0), ("2016-12-31", "Q4", 2.0))
    await store(database, FakeProvider({"A": bars(1)}, shown={"A": first}), "A")
    # A week later one quarter is new, one was corrected, one is not shown any more.
    later = shown(("2016-12-31", "Q4", 2.1), ("2017-03-31", "Q1", 3.0))
    source = FakeProvider(
        {"A": bars(1, 2, last=date(2017, 4, 7))}, shown={"A": later}, today=date(2017, 4, 7), token="2"
    )
    await store(database, source, "A")
    await store(database, replace(source, token="3"), "A")
    assert await rows(database, "SELECT period_end, known_on, eps_diluted FROM filing ORDER BY 1, 2") == [
        (date(2016, 9, 30), LAST, 1.0),
        (date(2016, 12, 31), LAST, 2.0),
        (date(2016, 12, 31), date(2017, 4, 7), 2.1),
        (date(2017, 3, 31), date(2017, 4, 7), 3.0),
    ]


async def test_a_figure_that_is_missing_now_was_not_taken_back(database: Database) -> None:
    whole = FakeProvider({"A": bars(1)}, shown={"A": shown(("2016-12-31", "Q4", 2.0))})
    await store(database, whole, "A")
    empty = FakeProvider({"A": bars(1)}, shown={"A": shown(("2016-12-31", "Q4", math.nan))}, token="2")
    await store(database, empty, "A")
    assert await rows(database, "SELECT eps_diluted FROM filing") == [(2.0,)]


def nan_close(history: Bars) -> None:
    history.close[1] = np.nan


def infinite_factor(history: Bars) -> None:
    history.adj_factor[0] = np.inf


def zero_price(history: Bars) -> None:
    history.low[2] = 0


def negative_volume(history: Bars) -> None:
    history.volume[0] = -1


def doubled_session(history: Bars) -> None:
    history.sessions[1] = history.sessions[0]


def backward_session(history: Bars) -> None:
    history.sessions[:] = history.sessions[::-1].copy()


@pytest.mark.parametrize(
    "spoil", [nan_close, infinite_factor, zero_price, negative_volume, doubled_session, backward_session]
)
async def test_bad_bars_are_refused_and_what_is_stored_stays(database: Database, spoil: Callable[[Bars], None]) -> None:
    await store(database, FakeProvider({"BAD": bars(1, 2, 3)}), "BAD")
    bad = FakeProvider({"BAD": spoilt(bars(5, 6, 7), spoil), "GOOD": bars(1)}, token="2")
    outcome = await store(database, bad, "BAD", "GOOD")
    assert [(one.symbol, one.code) for one in outcome.failures] == [("BAD", "malformed")]
    assert (await closes(database, "BAD"), await closes(database, "GOOD")) == ([1, 2, 3], [1])


async def test_arrays_of_different_lengths_are_refused(database: Database) -> None:
    ragged = replace(bars(1, 2, 3), volume=np.array([1, 2], dtype=np.int64))
    outcome = await store(database, FakeProvider({"BAD": ragged, "GOOD": bars(1)}), "BAD", "GOOD")
    assert [(one.symbol, one.code) for one in outcome.failures] == [("BAD", "malformed")]


async def test_a_symbol_without_any_bar_fails(database: Database) -> None:
    outcome = await store(database, FakeProvider({"A": bars()}), "A")
    (failure,) = outcome.failures
    assert (failure.code, failure.message) == ("malformed", "A: the source has no bar of it")


async def test_a_source_that_is_away_fails_the_task(database: Database) -> None:
    class Away(FakeProvider):
        async def revision(self, session: date) -> str:
            raise Unavailable("503")

    with pytest.raises(Unavailable):
        await collect(["A"], LAST, Away(), database)


# The universe.


def named(*symbols: str) -> list[Listing]:
    return [Listing(symbol) for symbol in symbols]


async def test_a_universe_is_split_into_batches_of_fifty_in_order(database: Database) -> None:
    symbols = [f"S{number:03}" for number in range(120)]
    outcome = await list_universe("u", FakeProvider(members=named(*reversed(symbols))), database)
    assert outcome.total == 120
    assert [len(payload["symbols"]) for payload in outcome.spawn] == [50, 50, 20]
    assert [symbol for payload in outcome.spawn for symbol in payload["symbols"]] == symbols


async def test_a_universe_is_replaced_by_its_newest_list(database: Database) -> None:
    await written(database, await list_universe("u", FakeProvider(members=named("A", "B")), database))
    fresh = [Listing("B", "Bee", "NYSE", "Tech", "Chips", delisted_on=date(2017, 1, 3)), Listing("C", benchmark=True)]
    await written(database, await list_universe("u", FakeProvider(members=fresh), database))
    assert await rows(database, "SELECT symbol FROM universe_member ORDER BY symbol") == [("B",), ("C",)]
    query = "SELECT name, exchange, sector, industry, benchmark, delisted_on FROM listing WHERE symbol = 'B'"
    assert await rows(database, query) == [("Bee", "NYSE", "Tech", "Chips", False, date(2017, 1, 3))]


async def test_one_universe_leaves_another_alone(database: Database) -> None:
    await written(database, await list_universe("u", FakeProvider(members=named("A", "B")), database))
    await written(database, await list_universe("v", FakeProvider(members=named("B")), database))
    assert await rows(database, "SELECT symbol FROM universe_member WHERE universe = 'u' ORDER BY 1") == [
        ("A",),
        ("B",),
    ]


async def test_an_empty_universe_is_malformed(database: Database) -> None:
    with pytest.raises(Malformed, match="provider 'fake' lists no symbol in universe 'u'"):
        await list_universe("u", FakeProvider(), database)


@pytest.mark.parametrize(
    ("payload", "spawned", "done", "session"),
    [({"universe": "u"}, 1, 0, date(2017, 3, 31)), ({"symbols": ["A"]}, 0, 1, None)],
    ids=["list", "fetch"],
)
async def test_the_payload_says_whether_to_list_or_to_fetch(
    database: Database, payload: dict[str, Any], spawned: int, done: int, session: date | None
) -> None:
    """Only who lists the universe says what to rate: some symbols of a newer session are not enough."""
    work = collect_stock_data(FakeProvider({"A": bars(1)}, members=named("A")), database)
    outcome = await work(task(payload))
    assert (len(outcome.spawn), outcome.done, outcome.session) == (spawned, done, session)


def task(payload: dict[str, Any]) -> Task:
    return Task(1, uuid4(), "u", None, "collect", payload, 1, 4, "test")


# Real data.


async def test_the_sample_goes_in_and_a_second_time_brings_nothing(database: Database) -> None:
    sample = Sample()
    first = await store(database, sample, "NKE", "NFLX", "SPY", "ZZZZ")
    assert (first.done, first.bars, [one.symbol for one in first.failures]) == (3, 513 + 513 + 818, ["ZZZZ"])
    again = await store(database, sample, "NKE", "NFLX", "SPY")
    assert (again.done, again.unchanged, again.bars) == (3, 3, 0)
    assert await rows(database, "SELECT ex_date, factor FROM split WHERE symbol = 'NFLX'") == [
        (date(2015, 7, 15), pytest.approx(1 / 7))
    ]


async def test_every_symbol_of_a_task_is_counted_by_how_it_ended(database: Database) -> None:
    def counted(outcome: str) -> float:
        labels = {"provider": "fake", "outcome": outcome}
        return REGISTRY.get_sample_value("canslim_symbols_collected_total", labels) or 0

    before = {outcome: counted(outcome) for outcome in ("changed", "unchanged", "unknown_symbol")}
    provider = FakeProvider({"A": bars(1, 2)})
    await written(database, await collect(["A", "B"], LAST, provider, database))
    await collect(["A"], LAST, provider, database)
    grown = {outcome: counted(outcome) - value for outcome, value in before.items()}
    assert grown == {"changed": 1, "unchanged": 1, "unknown_symbol": 1}
