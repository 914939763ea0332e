"""The whole provider on a server of Yahoo's formats: what it asks for, what it answers, what it does not believe."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from canslim_collector.provider import Answer, Ask, Bars, Failure, Fetched, Stored
from canslim_collector.providers.yahoo import create_yahoo, provider
from canslim_collector.providers.yahoo.budget import FIRST_PAUSE
from canslim_collector.providers.yahoo.client import MOST_QUOTES, TRIES, YahooClient
from canslim_collector.providers.yahoo.memo import FLOOR, SPREAD, Memo
from canslim_collector.providers.yahoo.provider import Yahoo
from canslim_collector.tally import start_tally
from canslim_core.errors import Implausible, Malformed, Unavailable, UnknownSymbol
from canslim_infra.settings import Settings
from tests.collector.providers.yahoo.conftest import Connect
from tests.collector.providers.yahoo.local_site import Answer as SiteAnswer
from tests.collector.providers.yahoo.local_site import LocalSite, Reply, Request, always, asked, passed_on_to
from tests.yahoo.changes import Delisting, Dividend, Halt, Listing, Split, UnappliedSplit
from tests.yahoo.faults import Fault, FaultPlan, Limit, SymbolFault
from tests.yahoo.market import Truth
from tests.yahoo.request import Kind
from tests.yahoo.server_process import YahooServer
from tests.yahoo.stored import listed

pytestmark = pytest.mark.processes

FRIDAY, MONDAY, TUESDAY = (date(2026, 3, day) for day in (20, 23, 24))
THREADS, RATE = 4, 2.0


@pytest.fixture
def yahoo(client: YahooClient) -> Iterator[Yahoo]:
    yahoo = Yahoo(client, threads=THREADS, rate=RATE)
    yield yahoo
    yahoo._pool.shutdown()


@pytest.fixture
async def at_site(connect: Connect, server: YahooServer) -> AsyncIterator[Any]:
    """Makes a provider of a server that answers otherwise on some paths."""
    opened: list[tuple[LocalSite, Yahoo]] = []

    def at_site(instead: Mapping[str, SiteAnswer]) -> Yahoo:
        site = LocalSite(passed_on_to(server, instead)).__enter__()
        opened.append((site, Yahoo(connect(site.url), threads=THREADS, rate=RATE)))
        return opened[-1][1]

    yield at_site
    for site, yahoo in opened:
        yahoo._pool.shutdown()
        site.__exit__(None, None, None)


def plain(server: YahooServer, count: int = 1) -> list[str]:
    """Stocks with a whole history and reports, to whom nothing happens in these weeks."""
    truths = (server.truth(symbol) for symbol in listed(server.market))
    quiet = (
        truth.symbol
        for truth in truths
        if not (truth.splits or truth.dividends) and len(truth.bars) > 1500 and len(truth.years) > 3
    )
    return list(islice(quiet, count))


def split_lately(server: YahooServer) -> str:
    truths = (server.truth(symbol) for symbol in listed(server.market))
    return next(truth.symbol for truth in truths if truth.splits and truth.splits[-1].ex_date > date(2024, 6, 1))


def by_symbol(fetched: Fetched) -> dict[str, Answer | Failure]:
    results: list[Answer | Failure] = [*fetched.answers, *fetched.failures]
    assert len({result.symbol for result in results}) == len(results)
    return {result.symbol: result for result in results}


async def answered(yahoo: Yahoo, ask: Ask, session: date = FRIDAY) -> Answer:
    fetched = await yahoo.fetch([ask], session)
    (answer,) = fetched.answers
    return answer


async def failed(yahoo: Yahoo, ask: Ask, session: date = FRIDAY) -> Exception:
    fetched = await yahoo.fetch([ask], session)
    assert (fetched.answers, fetched.pause) == ([], None)
    (failure,) = fetched.failures
    assert failure.symbol == ask.symbol
    return failure.error


def known(answer: Answer, back: int = 0) -> Ask:
    """Of who has stored the answer, but for so many of its newest bars."""
    bars, at = answer.bars, len(answer.bars.sessions) - 1 - back
    stored = Stored(
        bars.sessions[0].item(), bars.sessions[at].item(), float(bars.close[at]), float(bars.adj_factor[at])
    )
    return Ask(answer.symbol, stored, answer.memo)


def kinds(server: YahooServer) -> dict[str, int]:
    """Requests for data since the last look."""
    counts = {kind: count for kind, count in server.counts().by_kind.items() if kind not in ("cookie", "crumb")}
    server.reset()
    return counts


def assert_true(bars: Bars, truth: Truth) -> None:
    """The bars are the newest of the truth."""
    right = truth.bars.taken(slice(len(truth.bars) - len(bars.sessions), None))
    np.testing.assert_array_equal(bars.sessions, right.sessions)
    for name in ("open", "high", "low", "close"):
        np.testing.assert_allclose(getattr(bars, name) * bars.split_factor, getattr(right, name), rtol=1e-6)
    np.testing.assert_allclose(bars.close * bars.adj_factor, right.adjclose, rtol=1e-6)
    np.testing.assert_allclose(bars.volume / bars.split_factor, right.volume, atol=1 / bars.split_factor.min())


# New symbols


async def test_every_ask_has_one_answer_or_failure(yahoo: Yahoo, server: YahooServer) -> None:
    symbols = plain(server, 3)
    results = by_symbol(await yahoo.fetch([Ask(symbol) for symbol in (*symbols, "SPY", "NOWHERE")], FRIDAY))
    assert set(results) == {*symbols, "SPY", "NOWHERE"}
    assert [symbol for symbol, result in results.items() if isinstance(result, Failure)] == ["NOWHERE"]
    assert kinds(server) == {"chart": 5, "summary": 3, "timeseries": 3}


async def test_no_ask_no_request(yahoo: Yahoo, server: YahooServer) -> None:
    assert by_symbol(await yahoo.fetch([], FRIDAY)) == {}
    assert kinds(server) == {}


async def test_a_new_stock_has_two_years_of_bars_and_all_else(yahoo: Yahoo, server: YahooServer) -> None:
    symbol = split_lately(server)
    answer, truth = await answered(yahoo, Ask(symbol)), server.truth(symbol)
    assert answer.restated
    assert not answer.incomplete
    assert answer.bars.sessions[0].item() == date(2024, 3, 20)
    assert_true(answer.bars, truth)
    assert answer.profile == {
        "name": truth.company.name,
        "exchange": truth.company.exchange_name,
        "sector": truth.company.sector,
        "industry": truth.company.industry,
    }
    assert answer.ownership is not None
    assert answer.ownership["shares_outstanding"].tolist() == [truth.shares]
    assert answer.reports is not None
    assert answer.reports["period_end"].max() == np.datetime64(truth.quarters[-1].period_end)
    assert answer.filings is None
    memo = Memo.of(answer.memo)
    assert (memo.charted, memo.summarized, memo.quarter) == (FRIDAY, FRIDAY, truth.quarters[-1].period_end)


async def test_a_benchmark_has_five_years_of_bars_and_nothing_else(yahoo: Yahoo, server: YahooServer) -> None:
    answer = await answered(yahoo, Ask("SPY"))
    assert answer.bars.sessions[0].item() == date(2021, 3, 22)
    assert_true(answer.bars, server.truth("SPY"))
    assert (answer.reports, answer.ownership) == (None, None)
    assert kinds(server) == {"chart": 1}


async def test_a_company_without_reports_is_answered(yahoo: Yahoo, server: YahooServer) -> None:
    silent = next(symbol for symbol in listed(server.market) if not server.truth(symbol).quarters)
    answer = await answered(yahoo, Ask(silent))
    assert (answer.reports, answer.incomplete) == (None, False)
    assert answer.ownership is not None


async def test_the_running_sessions_bar_is_left_out(yahoo: Yahoo, server: YahooServer) -> None:
    server.set_now(datetime(2026, 3, 23, 15, tzinfo=UTC))
    answer = await answered(yahoo, Ask(plain(server)[0]))
    assert answer.bars.sessions[-1].item() == FRIDAY


async def test_a_memo_without_bars_is_forgotten(yahoo: Yahoo, server: YahooServer) -> None:
    # Who asks anew for everything gets everything.
    symbol = plain(server)[0]
    memo = (await answered(yahoo, Ask(symbol))).memo
    kinds(server)
    assert (await answered(yahoo, Ask(symbol, None, memo))).reports is not None
    assert kinds(server) == {"chart": 1, "summary": 1, "timeseries": 1}


# Stored symbols


async def test_the_same_session_again_costs_a_quote(yahoo: Yahoo, server: YahooServer) -> None:
    first = await answered(yahoo, Ask(plain(server)[0]))
    kinds(server)
    again = await answered(yahoo, known(first))
    assert kinds(server) == {"quote": 1}
    assert (len(again.bars.sessions), again.restated, again.incomplete) == (0, False, False)
    assert (again.reports, again.ownership, again.profile) == (None, None, None)
    assert Memo.of(again.memo).summarized == FRIDAY


async def test_the_next_session_costs_a_quote(yahoo: Yahoo, server: YahooServer) -> None:
    symbols = [*plain(server, 2), "SPY"]
    first = by_symbol(await yahoo.fetch([Ask(symbol) for symbol in symbols], FRIDAY))
    server.next_session()
    kinds(server)
    asks = [known(answer) for answer in first.values() if isinstance(answer, Answer)]
    for symbol, answer in by_symbol(await yahoo.fetch(asks, MONDAY)).items():
        assert isinstance(answer, Answer)
        assert (answer.restated, answer.bars.sessions.tolist()) == (False, [MONDAY])
        assert_true(answer.bars, server.truth(symbol))
    assert kinds(server) == {"quote": 1}


async def test_missed_sessions_cost_a_chart(yahoo: Yahoo, server: YahooServer) -> None:
    first = await answered(yahoo, Ask(plain(server)[0]))
    kinds(server)
    answer = await answered(yahoo, known(first, back=3))
    assert kinds(server) == {"quote": 1, "chart": 1}
    assert (answer.restated, len(answer.bars.sessions)) == (False, 3)
    assert_true(answer.bars, server.truth(first.symbol))


async def test_who_is_not_traded_has_nothing_new(yahoo: Yahoo, server: YahooServer) -> None:
    first = await answered(yahoo, Ask(plain(server)[0]))
    server.apply(Halt(first.symbol, MONDAY))
    server.next_session()
    kinds(server)
    answer = await answered(yahoo, known(first), MONDAY)
    assert (len(answer.bars.sessions), kinds(server)) == (0, {"quote": 1})


async def test_a_split_restates_bars_and_reports(yahoo: Yahoo, server: YahooServer) -> None:
    first = await answered(yahoo, Ask(plain(server)[0]))
    server.apply(Split(first.symbol, MONDAY, 3))
    server.next_session()
    kinds(server)
    answer = await answered(yahoo, known(first), MONDAY)
    assert answer.restated
    assert_true(answer.bars, server.truth(first.symbol))
    np.testing.assert_allclose(answer.bars.close[:-1], first.bars.close, rtol=1e-6)
    assert first.reports is not None
    assert answer.reports is not None
    np.testing.assert_allclose(answer.reports["eps_basic"], first.reports["eps_basic"] / 3, atol=1e-4)
    assert kinds(server) == {"quote": 1, "chart": 1, "summary": 1, "timeseries": 1}


async def test_a_dividend_restates_bars_alone(yahoo: Yahoo, server: YahooServer) -> None:
    first = await answered(yahoo, Ask(plain(server)[0]))
    server.apply(Dividend(first.symbol, MONDAY, 0.5))
    server.next_session()
    kinds(server)
    answer = await answered(yahoo, known(first), MONDAY)
    assert answer.restated
    assert_true(answer.bars, server.truth(first.symbol))
    assert kinds(server) == {"quote": 1, "chart": 1}


async def test_who_has_no_quote_any_more_is_denied_by_its_chart(yahoo: Yahoo, server: YahooServer) -> None:
    first = await answered(yahoo, Ask(plain(server)[0]))
    server.apply(Delisting(first.symbol, MONDAY))
    server.next_session()
    kinds(server)
    assert isinstance(await failed(yahoo, known(first), MONDAY), UnknownSymbol)
    assert kinds(server) == {"quote": 1, "chart": 1}


async def test_holdings_and_reports_are_read_anew_within_a_week(yahoo: Yahoo, server: YahooServer) -> None:
    first = await answered(yahoo, Ask(plain(server)[0]))
    old = Memo.of(first.memo).summarized
    assert old is not None
    memo = replace(Memo.of(first.memo), summarized=old - timedelta(days=FLOOR + SPREAD)).as_json()
    kinds(server)
    answer = await answered(yahoo, replace(known(first), memo=memo))
    assert kinds(server) == {"quote": 1, "summary": 1, "timeseries": 1}
    assert answer.reports is not None
    assert answer.ownership is not None
    assert Memo.of(answer.memo).summarized == FRIDAY


async def test_other_earnings_cost_the_statements(yahoo: Yahoo, server: YahooServer) -> None:
    first = await answered(yahoo, Ask(plain(server)[0]))
    kinds(server)
    answer = await answered(yahoo, replace(known(first), memo={**first.memo, "eps": 99.0}))
    assert kinds(server) == {"quote": 1, "timeseries": 1}
    assert answer.reports is not None
    assert answer.ownership is None


def stored_of(truth: Truth, session: date = FRIDAY) -> Ask:
    """Of who has stored all of the truth, as if nothing was to be read."""
    bars = truth.bars
    factor = float(bars.adjclose[-1] / bars.close[-1])
    stored = Stored(bars.sessions[0].item(), bars.sessions[-1].item(), float(bars.close[-1]), factor)
    return Ask(truth.symbol, stored, Memo(charted=session, summarized=session, quarter=session).as_json())


async def test_quotes_are_asked_for_in_batches(yahoo: Yahoo, server: YahooServer) -> None:
    asks = [stored_of(server.truth(symbol)) for symbol in listed(server.market)[: MOST_QUOTES + 1]]
    results = by_symbol(await yahoo.fetch(asks, FRIDAY))
    assert kinds(server) == {"quote": 2}
    assert {ask.symbol for ask in asks} == set(results)
    assert all(isinstance(result, Answer) and not len(result.bars.sessions) for result in results.values())


async def test_new_and_stored_symbols_are_answered_together(yahoo: Yahoo, server: YahooServer) -> None:
    new, old = plain(server, 2)
    results = by_symbol(await yahoo.fetch([stored_of(server.truth(old)), Ask(new)], FRIDAY))
    assert {symbol: isinstance(result, Answer) and result.restated for symbol, result in results.items()} == {
        new: True,
        old: False,
    }
    assert kinds(server) == {"quote": 1, "chart": 1, "summary": 1, "timeseries": 1}


async def test_without_quotes_each_stored_symbol_is_left_for_later(yahoo: Yahoo, server: YahooServer) -> None:
    new, *old = plain(server, 3)
    server.set_faults(FaultPlan(rates={Fault.BAD_GATEWAY: 1}, kinds=(Kind.QUOTE,)))
    asks = [*(stored_of(server.truth(symbol)) for symbol in old), Ask(new)]
    fetched = await yahoo.fetch(asks, FRIDAY)
    assert [answer.symbol for answer in fetched.answers] == [new]
    assert {failure.symbol: type(failure.error) for failure in fetched.failures} == dict.fromkeys(old, Unavailable)
    assert all(failure.symbol in str(failure.error) for failure in fetched.failures)
    assert kinds(server) == {"quote": TRIES, "chart": 1, "summary": 1, "timeseries": 1}


# Pauses and slices


async def test_a_pause_leaves_what_was_not_got_to_for_later(yahoo: Yahoo, server: YahooServer) -> None:
    symbols = plain(server, 30)
    server.set_faults(FaultPlan(limit=Limit(requests=40, seconds=60, pause=60)))
    fetched = await yahoo.fetch([Ask(symbol) for symbol in symbols], FRIDAY)
    assert fetched.failures == []
    assert 0 < len(fetched.answers) < len(symbols)
    assert fetched.pause is not None
    assert FIRST_PAUSE - timedelta(seconds=5) < fetched.pause.length <= FIRST_PAUSE
    assert fetched.pause.reason == "Yahoo refuses requests for now"
    assert all(answer.reports is not None and not answer.incomplete for answer in fetched.answers)
    # Those that were on their way, and no more.
    assert server.counts().by_status[429] <= THREADS


async def test_during_a_pause_nothing_is_asked(yahoo: Yahoo, server: YahooServer) -> None:
    new, old = plain(server, 2)
    server.set_faults(FaultPlan(symbols={old: SymbolFault(Fault.RATE_LIMITED)}, retry_after=77))
    asks = [Ask(new), stored_of(server.truth(old))]
    first = await yahoo.fetch(asks, FRIDAY)
    assert kinds(server) == {"quote": 1}
    again = await yahoo.fetch(asks, FRIDAY)
    assert kinds(server) == {}
    for fetched in (first, again):
        assert (fetched.answers, fetched.failures) == ([], [])
        assert fetched.pause is not None
        assert timedelta(seconds=70) < fetched.pause.length <= timedelta(seconds=77)


async def test_a_task_ends_with_its_time(yahoo: Yahoo, server: YahooServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "SLICE", 0.0)
    fetched = await yahoo.fetch([Ask(symbol) for symbol in plain(server, 3)], FRIDAY)
    assert (fetched.answers, fetched.failures, fetched.pause) == ([], [], None)
    assert kinds(server) == {}


# What is not believed


async def test_a_split_that_charts_lack_is_looked_at_twice_and_quarantined(yahoo: Yahoo, server: YahooServer) -> None:
    symbol = split_lately(server)
    server.apply(UnappliedSplit(symbol))
    error = await failed(yahoo, Ask(symbol))
    assert isinstance(error, Implausible)
    assert str(server.truth(symbol).splits[-1].ex_date) in str(error)
    assert kinds(server) == {"chart": 2}


@pytest.mark.parametrize("times", [2, None])
async def test_holes_are_looked_at_twice_and_quarantined(yahoo: Yahoo, server: YahooServer, times: int | None) -> None:
    symbol = plain(server)[0]
    server.set_faults(FaultPlan(symbols={symbol: SymbolFault(Fault.NULLS, times=times, kinds=(Kind.CHART,))}))
    assert isinstance(await failed(yahoo, Ask(symbol)), Implausible)
    assert kinds(server) == {"chart": 2}


async def test_what_is_good_at_the_second_look_is_believed(yahoo: Yahoo, server: YahooServer) -> None:
    symbol = plain(server)[0]
    server.set_faults(FaultPlan(symbols={symbol: SymbolFault(Fault.NULLS, times=1, kinds=(Kind.CHART,))}))
    assert_true((await answered(yahoo, Ask(symbol))).bars, server.truth(symbol))
    assert kinds(server) == {"chart": 2, "summary": 1, "timeseries": 1}


async def test_one_that_is_quarantined_disturbs_nobody_else(yahoo: Yahoo, server: YahooServer) -> None:
    bad, *good = plain(server, 3)
    server.set_faults(FaultPlan(symbols={bad: SymbolFault(Fault.NULLS, kinds=(Kind.CHART,))}))
    fetched = await yahoo.fetch([Ask(symbol) for symbol in (bad, *good)], FRIDAY)
    assert sorted(answer.symbol for answer in fetched.answers) == sorted(good)
    assert [failure.symbol for failure in fetched.failures] == [bad]


async def test_a_history_that_lost_its_start_does_not_replace_the_stored_one(yahoo: Yahoo, server: YahooServer) -> None:
    first = await answered(yahoo, Ask(plain(server)[0]))
    server.apply(Listing(first.symbol, date(2025, 3, 3)), Split(first.symbol, MONDAY, 2))
    server.next_session()
    kinds(server)
    error = await failed(yahoo, known(first), MONDAY)
    assert isinstance(error, Implausible)
    assert "expected bars from 2024-03-20 on, as stored; the first one that came is of 2025-03-03" in str(error)
    assert kinds(server) == {"quote": 1, "chart": 2}


async def test_a_history_that_begins_days_later_replaces_the_stored_one(yahoo: Yahoo, server: YahooServer) -> None:
    first = await answered(yahoo, Ask(plain(server)[0]))
    server.apply(Listing(first.symbol, date(2024, 3, 27)), Split(first.symbol, MONDAY, 2))
    server.next_session()
    answer = await answered(yahoo, known(first), MONDAY)
    assert (answer.restated, answer.bars.sessions[0].item()) == (True, date(2024, 3, 27))


async def test_a_chart_without_a_row_until_the_session_denies_the_symbol(yahoo: Yahoo, server: YahooServer) -> None:
    symbol = plain(server)[0]
    server.apply(Listing(symbol, MONDAY))
    server.next_session()
    assert isinstance(await failed(yahoo, Ask(symbol), FRIDAY), UnknownSymbol)
    assert kinds(server) == {"chart": 2}


# Incomplete answers


async def test_prices_alone_are_an_incomplete_answer_that_is_asked_for_again(yahoo: Yahoo, server: YahooServer) -> None:
    symbols = plain(server, 3)
    broken = dict(zip(symbols, (Kind.SUMMARY, Kind.TIMESERIES, Kind.CHART), strict=True))
    faults = {symbol: SymbolFault(Fault.SERVER_ERROR, kinds=(kind,)) for symbol, kind in broken.items()}
    server.set_faults(FaultPlan(symbols=faults))
    results = by_symbol(await yahoo.fetch([Ask(symbol) for symbol in symbols], FRIDAY))
    summary, statements, chart = (results[symbol] for symbol in symbols)
    assert isinstance(chart, Failure)
    assert isinstance(chart.error, Unavailable)
    for answer in (summary, statements):
        assert isinstance(answer, Answer)
        assert answer.incomplete
        assert answer.reports is None
        assert_true(answer.bars, server.truth(answer.symbol))
        assert Memo.of(answer.memo).summarized is None
    assert isinstance(statements, Answer)
    assert statements.ownership is not None
    server.set_faults()
    kinds(server)
    again = await answered(yahoo, known(statements))
    assert kinds(server) == {"quote": 1, "summary": 1, "timeseries": 1}
    assert again.reports is not None
    assert not again.incomplete


async def test_statements_that_did_not_come_are_asked_for_again(yahoo: Yahoo, server: YahooServer) -> None:
    first = await answered(yahoo, Ask(plain(server)[0]))
    server.set_faults(FaultPlan(symbols={first.symbol: SymbolFault(Fault.SERVER_ERROR, kinds=(Kind.TIMESERIES,))}))
    incomplete = await answered(yahoo, replace(known(first), memo={**first.memo, "eps": 99.0}))
    assert incomplete.incomplete
    server.set_faults()
    again = await answered(yahoo, replace(known(first), memo=incomplete.memo))
    assert again.reports is not None


def summary_with(**modules: Any) -> Reply:
    return Reply(200, orjson.dumps({"quoteSummary": {"result": [modules], "error": None}}))


async def test_summaries_of_another_shape_cost_nobody_else_its_answer(at_site: Any, server: YahooServer) -> None:
    good, *bad = plain(server, 4)
    replies = (
        summary_with(assetProfile="moved"),
        summary_with(calendarEvents={"exDividendDate": 1_771_545_600_000}),
        summary_with(calendarEvents={"earnings": [1]}),
    )
    paths = (f"/v10/finance/quoteSummary/{symbol}" for symbol in bad)
    yahoo = at_site({path: always(reply) for path, reply in zip(paths, replies, strict=True)})
    fetched = await yahoo.fetch([Ask(symbol) for symbol in (good, *bad)], FRIDAY)
    assert {answer.symbol: answer.incomplete for answer in fetched.answers} == {good: False} | dict.fromkeys(bad, True)


@pytest.mark.parametrize("field", ["regularMarketTime", "earningsTimestamp"])
async def test_a_quote_of_another_shape_costs_nobody_else_its_answer(
    at_site: Any, server: YahooServer, field: str
) -> None:
    bad, good = plain(server, 2)

    def in_milliseconds(request: Request) -> Reply:
        reply = asked(server, replace(request, headers={**request.headers, "accept-encoding": "identity"}))
        body = orjson.loads(reply.body)
        for quote in body["quoteResponse"]["result"]:
            if quote["symbol"] == bad:
                quote[field] = 1_774_000_000_000
        return replace(reply, body=orjson.dumps(body))

    yahoo = at_site({"/v7/finance/quote": in_milliseconds})
    asks = [stored_of(server.truth(symbol)) for symbol in (bad, good)]
    assert good in [answer.symbol for answer in (await yahoo.fetch(asks, FRIDAY)).answers]


# The session


@pytest.mark.parametrize(
    ("now", "session"),
    [
        pytest.param(datetime(2026, 3, 20, 21, tzinfo=UTC), FRIDAY, id="after the close"),
        pytest.param(datetime(2026, 3, 21, 15, tzinfo=UTC), FRIDAY, id="on a Saturday"),
        pytest.param(datetime(2026, 3, 23, 12, tzinfo=UTC), FRIDAY, id="before the open"),
        pytest.param(datetime(2026, 3, 23, 13, 31, tzinfo=UTC), FRIDAY, id="just opened"),
        pytest.param(datetime(2026, 3, 23, 19, 58, tzinfo=UTC), FRIDAY, id="about to close"),
        pytest.param(datetime(2026, 3, 23, 20, 0, tzinfo=UTC), MONDAY, id="at the close"),
        pytest.param(datetime(2026, 3, 24, 3, 0, tzinfo=UTC), MONDAY, id="at night"),
        # Good Friday.
        pytest.param(datetime(2026, 4, 3, 15, tzinfo=UTC), date(2026, 4, 2), id="on a holiday"),
    ],
)
async def test_the_session_is_the_newest_complete_one(
    yahoo: Yahoo, server: YahooServer, now: datetime, session: date
) -> None:
    server.set_now(now)
    assert await yahoo.session() == session
    assert kinds(server) == {"chart": 1}


async def test_no_session_at_all_is_malformed(yahoo: Yahoo, server: YahooServer) -> None:
    server.apply(Halt("SPY", date(2020, 1, 2), FRIDAY))
    server.set_now(datetime(2026, 3, 20, 15, tzinfo=UTC))
    with pytest.raises(Malformed, match="SPY"):
        await yahoo.session()


# The rest of the port


async def test_every_request_is_in_the_tasks_tally(yahoo: Yahoo, server: YahooServer) -> None:
    tally = start_tally()
    symbols = plain(server, 6)
    server.set_faults(FaultPlan(symbols={symbols[0]: SymbolFault(Fault.SERVER_ERROR, times=1)}))
    await yahoo.fetch([*map(Ask, symbols[:5]), stored_of(server.truth(symbols[5]))], FRIDAY)
    assert tally.requests == server.counts().total == 3 * 5 + 1 + 1 + 2


async def test_there_may_be_something_new_each_session(yahoo: Yahoo) -> None:
    assert await yahoo.revision(FRIDAY) == await yahoo.revision(FRIDAY) != await yahoo.revision(MONDAY)


def test_new_symbols_take_as_long_as_their_requests(yahoo: Yahoo) -> None:
    assert yahoo.time_needed(100) == timedelta(seconds=100 * 3 / RATE)


async def test_universes_are_listed(yahoo: Yahoo) -> None:
    symbols = [listing.symbol for listing in await yahoo.listings("dow30")]
    assert len(symbols) == 32
    with pytest.raises(UnknownSymbol, match=r"'yahoo'.*'elsewhere'"):
        await yahoo.listings("elsewhere")


async def test_settings_make_a_provider(
    redis_url: str, new_yfinance: None, server: YahooServer, tmp_path: Path
) -> None:
    settings = Settings(
        database_url="postgresql://nowhere",
        redis_url=redis_url,
        yahoo_base_url=server.url,
        yahoo_requests_per_second=1000,
        yahoo_cache_dir=tmp_path / "cookie",
    )
    yahoo = create_yahoo(settings)
    assert await yahoo.session() == FRIDAY
    assert yahoo.time_needed(1000) == timedelta(seconds=3)
    assert (tmp_path / "cookie").is_dir()
    yahoo._pool.shutdown()
    yahoo._client._session.close()
