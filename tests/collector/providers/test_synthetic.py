"""The seeded market."""

import time

import numpy as np
import pytest

from canslim_collector.provider import Ask, Failure, Stored
from canslim_collector.providers.synthetic import LARGEST_MOVE, LAST_SESSION, SHORT_HISTORY, Synthetic, symbol_of
from canslim_core.errors import Unavailable
from tests.collector.providers.folders import answered, fetched
from tests.collector.providers.test_contract import as_bytes

SOME = [symbol_of(number) for number in (0, 1, 3, 7, 40)]


async def test_a_batch_changes_nothing_of_its_symbols() -> None:
    together = await fetched(Synthetic(symbols=50), *SOME, "SPY")
    for symbol, answer in together.items():
        assert not isinstance(answer, Failure)
        assert as_bytes(answer) == as_bytes(await answered(Synthetic(symbols=9_000), symbol))


async def test_another_seed_is_another_market() -> None:
    one, other = [await answered(Synthetic(seed=seed), SOME[0]) for seed in (1, 2)]
    assert as_bytes(one) != as_bytes(other)
    assert await Synthetic(seed=1).revision(LAST_SESSION) != await Synthetic(seed=2).revision(LAST_SESSION)


async def test_latency_and_failures_change_no_price() -> None:
    slow = Synthetic(latency_ms=1, failure_rate=0.3)
    results = await fetched(slow, *SOME)
    for symbol, answer in results.items():
        if not isinstance(answer, Failure):
            assert as_bytes(answer) == as_bytes(await answered(Synthetic(), symbol))


async def test_every_request_failing_fails_every_symbol_with_a_reason() -> None:
    results = await fetched(Synthetic(failure_rate=0.999999), *SOME)
    errors = [result.error for result in results.values() if isinstance(result, Failure)]
    assert len(errors) == len(SOME)
    assert all(isinstance(error, Unavailable) for error in errors)
    assert str(errors[0]).endswith(": 4 requests failed")


async def test_a_failed_request_is_repeated_so_that_few_symbols_fail() -> None:
    symbols = [symbol_of(number) for number in range(400)]
    failed = [
        one for one in (await fetched(Synthetic(failure_rate=0.5), *symbols)).values() if isinstance(one, Failure)
    ]
    # Each fails with a chance of 1/16: 25 of them, give or take five standard deviations.
    assert 1 <= len(failed) <= 50


async def test_requests_of_a_batch_overlap() -> None:
    provider = Synthetic(latency_ms=100)
    started = time.monotonic()
    await fetched(provider, *(symbol_of(number) for number in range(32)))
    assert time.monotonic() - started < 1.0


async def test_no_move_is_suspect() -> None:
    for symbol, answer in (await fetched(Synthetic(), *(symbol_of(number) for number in range(120)), "QQQ")).items():
        assert not isinstance(answer, Failure)
        adjusted = answer.bars.close * answer.bars.adj_factor
        assert np.abs(adjusted[1:] / adjusted[:-1] - 1).max() < max(0.4, LARGEST_MOVE), symbol


async def test_some_histories_are_short_some_split_some_pay() -> None:
    provider = Synthetic(symbols=100)
    short, split, paying = [await answered(provider, symbol_of(number)) for number in (7, 3, 1)]
    assert len(short.bars.sessions) == 504 // 2
    assert SHORT_HISTORY > 7
    assert set(split.bars.split_factor) == {0.5, 1.0}
    assert len(set(paying.bars.adj_factor)) > 3


@pytest.mark.parametrize("count", [1, 25])
async def test_it_lists_as_many_stocks_as_asked_and_two_benchmarks(count: int) -> None:
    listings = await Synthetic(symbols=count).listings("synthetic")
    assert [one.benchmark for one in listings].count(False) == count
    assert [one.symbol for one in listings if one.benchmark] == ["QQQ", "SPY"]


async def test_the_years_report_sums_its_quarters() -> None:
    filings = (await answered(Synthetic(), SOME[0])).filings
    assert filings is not None
    assert list(filings["fiscal_period"][:4]) == ["FY", "Q1", "Q2", "Q3"]
    yearly = np.flatnonzero(filings["fiscal_period"] == "FY")[1:]
    for at in yearly:
        quarters = filings["revenue"][at - 3 : at].sum()
        assert 1.1 * quarters < filings["revenue"][at] < 2 * quarters


async def test_the_first_report_is_of_a_whole_year() -> None:
    for number in range(20):
        filings = (await answered(Synthetic(), symbol_of(number))).filings
        assert filings is not None
        first, second = filings["revenue"][filings["fiscal_period"] == "FY"][:2]
        assert 0.5 < first / second < 2


async def test_an_incremental_ask_still_brings_all_filings() -> None:
    whole = await answered(Synthetic(), SOME[0])
    bars = whole.bars
    stored = Stored(
        bars.sessions[0].item(), bars.sessions[-1].item(), float(bars.close[-1]), float(bars.adj_factor[-1])
    )
    again = await answered(Synthetic(), Ask(SOME[0], stored))
    assert again.filings is not None
    assert len(again.filings["period_end"]) == 10
