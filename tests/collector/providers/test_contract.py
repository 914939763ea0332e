"""What every provider promises: one suite over all of them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from canslim_calendar import is_session, sessions_between
from canslim_collector.provider import Answer, Ask, Bars, Failure, Provider, Stored
from canslim_collector.providers.files import Files
from canslim_collector.providers.sample import Sample
from canslim_collector.providers.synthetic import Synthetic
from canslim_core.errors import UnknownSymbol
from tests.collector.providers.folders import answered, exported, fetched, write

ARRAYS = tuple(Bars.__dataclass_fields__)
FILING_COLUMNS = {
    "period_end",
    "fiscal_period",
    "known_on",
    "fiscal_year",
    "revenue",
    "net_income",
    "eps_basic",
    "eps_diluted",
    "equity",
}
FILING_HEADING = "symbol,end_date,period_focus,fiscal_year,first_seen,revenues,eps_diluted"
FILING_ROWS = ("NFLX,2016-09-30,Q3,2016,2016-10-19,2290188000,0.12", "NFLX,2016-12-31,FY,2016,2017-01-27,,0.43")


async def sample(folder: Path) -> Provider:
    return Sample()


async def files(folder: Path) -> Provider:
    (await exported(Sample(), "NKE", "NFLX", "SPY", "DTV", "UA")).to_csv(folder / "prices.csv.gz", index=False)
    return Files(write(folder, *FILING_ROWS, name="filings.csv", heading=FILING_HEADING))


async def synthetic(folder: Path) -> Provider:
    return Synthetic(symbols=60, sessions=300)


#: How to make it, and symbols that it has: with splits, dividends, filings, benchmarks, short histories.
SOURCES = {
    "sample": (sample, ("NKE", "NFLX", "SPY", "DTV", "UA")),
    "files": (files, ("NKE", "NFLX", "SPY", "UA")),
    "synthetic": (synthetic, ("SYN00000", "SYN00001", "SYN00003", "SYN00007", "SYN00059", "SPY")),
}


@dataclass(frozen=True)
class Source:
    """A provider under test, loaded once, and how to make another one like it."""

    name: str
    provider: Provider
    symbols: tuple[str, ...]
    again: Callable[[], Awaitable[Provider]]


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    made = {}
    for name, (make, symbols) in SOURCES.items():
        again = partial(make, tmp_path_factory.mktemp(name))
        made[name] = Source(name, asyncio.run(again()), symbols, again)
    return made


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, sources: dict[str, Source]) -> Source:
    return sources[request.param]


@pytest.fixture
def provider(source: Source) -> Provider:
    return source.provider


@pytest.fixture
async def answers(provider: Provider, source: Source) -> list[Answer]:
    results = (await fetched(provider, *source.symbols)).values()
    return [result for result in results if isinstance(result, Answer)]


def after(whole: Answer, at: int) -> Ask:
    """An ask of somebody who has stored all up to bar number `at`."""
    bars = whole.bars
    day: date = bars.sessions[at].item()
    return Ask(whole.symbol, Stored(bars.sessions[0].item(), day, float(bars.close[at]), float(bars.adj_factor[at])))


def as_bytes(answer: Answer) -> list[bytes]:
    filings = answer.filings or {}
    columns = [getattr(answer.bars, name) for name in ARRAYS] + [filings[name] for name in sorted(filings)]
    return [column.tobytes() if column.dtype != object else repr(column.tolist()).encode() for column in columns]


async def test_its_name_is_the_one_in_the_settings(provider: Provider, source: Source) -> None:
    assert provider.name == source.name


async def test_each_ask_is_answered_once_known_or_not(provider: Provider, source: Source) -> None:
    results = await fetched(provider, *source.symbols, "NOWHERE", "syn00001", "SYN1", "SYN99999", "")
    assert {symbol for symbol, one in results.items() if isinstance(one, Answer)} == set(source.symbols)


async def test_no_ask_no_answer(provider: Provider) -> None:
    assert await fetched(provider) == {}


async def test_an_unknown_symbol_is_a_failure_that_names_it(provider: Provider) -> None:
    failure = (await fetched(provider, "NOWHERE"))["NOWHERE"]
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, UnknownSymbol)
    assert "'NOWHERE'" in str(failure.error)


async def test_every_array_has_a_value_for_every_session(answers: list[Answer]) -> None:
    for answer in answers:
        assert {len(getattr(answer.bars, name)) for name in ARRAYS} == {len(answer.bars.sessions)}


async def test_arrays_have_the_types_that_the_port_names(answers: list[Answer]) -> None:
    types = dict.fromkeys(ARRAYS, "float64") | {"sessions": "datetime64[D]", "volume": "int64"}
    for answer in answers:
        assert {name: str(getattr(answer.bars, name).dtype) for name in ARRAYS} == types


async def test_bars_are_of_sessions_only_and_in_order(answers: list[Answer]) -> None:
    for answer in answers:
        days = answer.bars.sessions
        assert np.isin(days, sessions_between(days[0].item(), days[-1].item())).all()
        assert (np.diff(days) > np.timedelta64(0, "D")).all()


async def test_prices_and_factors_are_positive_and_finite(answers: list[Answer]) -> None:
    for answer in answers:
        figures = np.stack([getattr(answer.bars, name) for name in ARRAYS if name not in ("sessions", "volume")])
        assert np.isfinite(figures).all()
        assert (figures > 0).all()
        assert (answer.bars.volume >= 0).all()


async def test_open_and_close_are_between_low_and_high(answers: list[Answer]) -> None:
    for answer in answers:
        bars, slack = answer.bars, 1e-6 * answer.bars.close
        assert (bars.low <= np.minimum(bars.open, bars.close) + slack).all()
        assert (bars.high >= np.maximum(bars.open, bars.close) - slack).all()


async def test_the_newest_bar_is_unadjusted(answers: list[Answer]) -> None:
    for answer in answers:
        assert answer.bars.split_factor[-1] == 1


async def test_nothing_stored_gives_the_whole_history(answers: list[Answer]) -> None:
    assert all(answer.restated and len(answer.bars.sessions) for answer in answers)


@pytest.mark.parametrize("at", [0, 100, -2])
async def test_an_incremental_ask_gives_only_newer_bars(provider: Provider, answers: list[Answer], at: int) -> None:
    for whole in answers:
        newer = await answered(provider, after(whole, at))
        assert not newer.restated
        for name in ARRAYS:
            np.testing.assert_array_equal(getattr(newer.bars, name), getattr(whole.bars, name)[at:][1:])


async def test_who_has_everything_gets_nothing(provider: Provider, answers: list[Answer]) -> None:
    for whole in answers:
        newer = await answered(provider, after(whole, -1))
        assert (newer.restated, len(newer.bars.sessions)) == (False, 0)


BROKEN = {
    "another close": lambda stored: replace(stored, last_close=stored.last_close * 1.01),
    "another factor": lambda stored: replace(stored, last_adj_factor=stored.last_adj_factor / 2),
    "a day without a bar": lambda stored: replace(stored, last_session=saturday_before(stored.last_session)),
    "a day before the first bar": lambda stored: replace(stored, last_session=date(1999, 1, 4)),
    "a day after the last bar": lambda stored: replace(stored, last_session=date(2039, 1, 3)),
}


def saturday_before(day: date) -> date:
    saturday = day - timedelta(days=(day.weekday() + 2) % 7)
    assert not is_session(saturday)
    return saturday


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_a_broken_chain_gives_the_whole_history(
    provider: Provider, answers: list[Answer], broken: Callable[[Any], Any]
) -> None:
    for whole in answers:
        ask = Ask(whole.symbol, broken(after(whole, 50).stored))
        assert as_bytes(await answered(provider, ask)) == as_bytes(whole)


async def test_the_same_ask_gives_the_same_bytes(source: Source, answers: list[Answer]) -> None:
    another = await source.again()
    for answer in answers:
        assert as_bytes(await answered(another, answer.symbol)) == as_bytes(answer)


async def test_the_revision_stays_while_the_source_does(source: Source, provider: Provider) -> None:
    another = await source.again() if source.name != "files" else provider
    session = await provider.session()
    assert await provider.revision(session) == await another.revision(session)


async def test_the_session_is_the_last_bar_of_the_source(provider: Provider, answers: list[Answer]) -> None:
    session = await provider.session()
    assert is_session(session)
    assert max(answer.bars.sessions[-1].item() for answer in answers) == session


async def test_the_universe_lists_what_can_be_fetched_each_once(provider: Provider, source: Source) -> None:
    listings = await provider.listings(source.name)
    symbols = [listing.symbol for listing in listings]
    assert len(symbols) == len(set(symbols))
    assert set(source.symbols) <= set(symbols)
    assert all(isinstance(one, Answer) for one in (await fetched(provider, *symbols)).values())


async def test_index_funds_are_listed_as_benchmarks(provider: Provider, source: Source) -> None:
    benchmarks = {listing.symbol for listing in await provider.listings(source.name) if listing.benchmark}
    assert "SPY" in benchmarks
    assert benchmarks <= {"SPY", "QQQ"}


async def test_a_universe_of_another_provider_is_refused(provider: Provider) -> None:
    with pytest.raises(UnknownSymbol, match=f"'{provider.name}'.*'elsewhere'"):
        await provider.listings("elsewhere")


async def test_filings_become_known_after_their_period(answers: list[Answer]) -> None:
    filed = [answer.filings for answer in answers if answer.filings is not None]
    assert filed
    for filings in filed:
        assert (filings["known_on"] >= filings["period_end"]).all()


async def test_filings_have_the_columns_that_the_port_names(answers: list[Answer]) -> None:
    for filings in (answer.filings for answer in answers if answer.filings is not None):
        assert filings.keys() == FILING_COLUMNS
        assert {len(column) for column in filings.values()} == {len(filings["period_end"])}
        assert set(filings["fiscal_period"]) <= {"Q1", "Q2", "Q3", "Q4", "FY"}
        assert filings["period_end"].dtype == filings["known_on"].dtype == np.dtype("datetime64[D]")
