import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import numpy as np
import pytest

from tests.yahoo.changes import Delisting, Dividend, Halt, Listing, Quarter, Rename, Split, Stale, UnappliedSplit
from tests.yahoo.figures import figures_of
from tests.yahoo.hours import NEW_YORK
from tests.yahoo.market import Market, Truth
from tests.yahoo.quote import quote_fields
from tests.yahoo.server_process import ROOT
from tests.yahoo.spec import MarketSpec

#: The session after the market's first now.
MONDAY = date(2026, 3, 23)
EVENING = datetime(2026, 3, 23, 21, tzinfo=UTC)
DIGEST = """
from tests.yahoo.test_market import digest, Market, MarketSpec
print(digest(Market(MarketSpec(seed=7))))
"""


def digest(market: Market) -> str:
    truths = [repr(market.truth(symbol)) for symbol in market.symbols()[:20]]
    closes = [market.truth(symbol).bars.close.tobytes() for symbol in market.symbols()[:20]]
    return sha256("".join(truths).encode() + b"".join(closes)).hexdigest()


@pytest.fixture
def market() -> Market:
    return Market(MarketSpec(splits=0, dividends=0, recent_listings=0))


@pytest.fixture
def symbol(market: Market) -> str:
    return next(symbol for symbol in market.symbols() if market.truth(symbol).quarters)


def moved(market: Market, now: datetime) -> Market:
    market.now = now
    return market


def test_the_same_spec_makes_the_same_truth_in_another_process() -> None:
    done = subprocess.run([sys.executable, "-c", DIGEST], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digest(Market(MarketSpec(seed=7)))


def test_a_larger_market_has_the_companies_of_a_smaller_one() -> None:
    small, large = Market(MarketSpec(symbols=10)), Market(MarketSpec(symbols=400))
    assert set(small.symbols()) < set(large.symbols())
    assert all(digest_of(small.truth(symbol)) == digest_of(large.truth(symbol)) for symbol in small.symbols())


def digest_of(truth: Truth) -> tuple[bytes, object]:
    return truth.bars.close.tobytes(), truth.quarters


def test_bars_are_whole_and_their_moves_are_honest() -> None:
    market = Market(MarketSpec(symbols=100))
    for bars in (market.truth(symbol).bars for symbol in market.symbols()):
        assert (bars.low <= np.minimum(bars.open, bars.close)).all()
        assert (bars.high >= np.maximum(bars.open, bars.close)).all()
        assert (bars.volume > 0).all()
        assert (np.abs(bars.close[1:] / bars.close[:-1] - 1) < 0.3).all()
        assert np.array_equal(bars.close, bars.close.astype(np.float32))


def test_a_split_restates_prices_volumes_reports_and_shares(market: Market, symbol: str) -> None:
    before = market.truth(symbol)
    market.apply(Split(symbol, MONDAY, 4))
    assert market.truth(symbol).quarters == before.quarters
    after = moved(market, EVENING).truth(symbol)
    assert after.bars.close[:-1] == pytest.approx(before.bars.close / 4)
    assert after.bars.volume[:-1].tolist() == (before.bars.volume * 4).tolist()
    assert [q.diluted_eps for q in after.quarters] == pytest.approx([q.diluted_eps / 4 for q in before.quarters])
    assert (after.shares or 0) == pytest.approx(4 * (before.shares or 0))
    assert 0.7 < after.bars.close[-1] / after.bars.close[-2] < 1.3


def test_a_dividend_lowers_adjusted_closes_before_it_by_its_share_of_the_close(market: Market, symbol: str) -> None:
    before = market.truth(symbol)
    market.apply(Dividend(symbol, MONDAY, 0.5))
    after = moved(market, EVENING).truth(symbol)
    assert np.array_equal(after.bars.close[:-1], before.bars.close)
    assert after.bars.adjclose[:-1] == pytest.approx(before.bars.close * (1 - 0.5 / before.bars.close[-1]), rel=1e-6)
    assert after.bars.adjclose[-1] == after.bars.close[-1]


def test_a_dividend_before_a_split_is_named_in_new_shares(market: Market, symbol: str) -> None:
    market.apply(Dividend(symbol, MONDAY, 0.6), Split(symbol, date(2026, 3, 24), 3))
    assert moved(market, EVENING + timedelta(days=1)).truth(symbol).dividends[-1].amount == pytest.approx(0.2)


def test_the_previous_close_is_adjusted_for_a_split_and_not_for_a_dividend(market: Market, symbol: str) -> None:
    close = float(market.truth(symbol).bars.close[-1])
    market.apply(Split(symbol, MONDAY, 2), Dividend(symbol, MONDAY, 0.3))
    figures = figures_of(moved(market, EVENING), symbol)
    assert figures is not None
    assert quote_fields(figures)["regularMarketPreviousClose"] == pytest.approx(close / 2, abs=0.0001)


def test_a_running_bar_grows_into_the_whole_one(market: Market, symbol: str) -> None:
    noon, afternoon, close = (datetime(2026, 3, 23, hour, tzinfo=NEW_YORK) for hour in (12, 15, 16))
    bars = [moved(market, now).truth(symbol).bars for now in (noon, afternoon, close)]
    assert [one.running for one in bars] == [True, True, False]
    assert bars[0].stamps[-1] == noon.timestamp()
    assert bars[2].stamps[-1] == datetime(2026, 3, 23, 9, 30, tzinfo=NEW_YORK).timestamp()
    assert sorted(one.volume[-1] for one in bars) == [one.volume[-1] for one in bars]
    assert bars[0].high[-1] <= bars[1].high[-1] <= bars[2].high[-1]
    assert bars[0].low[-1] >= bars[1].low[-1] >= bars[2].low[-1]


def test_a_report_is_known_from_its_announcement_on(market: Market, symbol: str) -> None:
    before = market.truth(symbol)
    assert before.next_report is not None
    just_before = moved(market, before.next_report - timedelta(seconds=1)).truth(symbol)
    assert just_before.quarters == before.quarters
    after = moved(market, before.next_report).truth(symbol)
    assert after.quarters[:-1] == before.quarters
    assert after.quarters[-1].announced == before.next_report


def test_the_report_announced_last_counts(market: Market, symbol: str) -> None:
    old = market.truth(symbol).quarters[-1]
    again = Quarter(
        symbol, old.period_end, EVENING, old.fiscal_year, old.fiscal_quarter, 1e6, 1e5, 1e7, 9.99, 9.99, 1e6, 1e6, 1.0
    )
    market.apply(again)
    assert market.truth(symbol).quarters[-1] == old
    assert moved(market, EVENING).truth(symbol).quarters[-1] == again


def test_years_are_the_sums_of_their_quarters(market: Market, symbol: str) -> None:
    truth = market.truth(symbol)
    year = truth.years[-1]
    quarters = [quarter for quarter in truth.quarters if quarter.fiscal_year == year.fiscal_year]
    assert len(quarters) == 4
    assert year.diluted_eps == pytest.approx(sum(quarter.diluted_eps for quarter in quarters))
    assert year.period_end == quarters[-1].period_end


def test_a_delisted_symbol_is_gone_from_its_day_on(market: Market, symbol: str) -> None:
    market.apply(Delisting(symbol, MONDAY))
    assert market.truth(symbol)
    assert symbol not in moved(market, EVENING).symbols()
    with pytest.raises(KeyError):
        market.truth(symbol)


def test_a_new_listing_starts_with_its_first_session(market: Market, symbol: str) -> None:
    market.apply(Listing(symbol, MONDAY))
    assert symbol not in market.symbols()
    assert len(moved(market, EVENING).truth(symbol).bars) == 1


def test_a_renamed_symbol_keeps_its_history(market: Market, symbol: str) -> None:
    before = market.truth(symbol)
    market.apply(Rename(symbol, "NEWNAME", MONDAY))
    assert market.company("NEWNAME") is None
    after = moved(market, EVENING).truth("NEWNAME")
    assert np.array_equal(after.bars.close[:-1], before.bars.close)
    assert market.company(symbol) is None
    assert "NEWNAME" in market.symbols()


def test_a_halted_symbol_has_an_old_last_bar(market: Market, symbol: str) -> None:
    market.apply(Halt(symbol, MONDAY))
    bars = moved(market, EVENING).truth(symbol).bars
    assert bars.sessions[-1] == np.datetime64("2026-03-20")


def test_an_unapplied_split_leaves_charts_as_traded(market: Market, symbol: str) -> None:
    traded = market.truth(symbol).bars.close
    market.apply(Split(symbol, MONDAY, 2), UnappliedSplit(symbol, shown=False))
    charted = moved(market, EVENING).charted_history(symbol)
    assert charted is not None
    assert np.array_equal(charted.bars.close[:-1], traded)
    assert charted.splits == ()
    assert market.truth(symbol).bars.close[-2] == pytest.approx(traded[-1] / 2)


def test_stale_charts_end_sessions_ago_and_the_truth_does_not(market: Market, symbol: str) -> None:
    market.apply(Stale("*", 3))
    charted = market.charted_history(symbol)
    assert charted is not None
    assert charted.bars.sessions[-1] == np.datetime64("2026-03-17")
    assert market.truth(symbol).bars.sessions[-1] == np.datetime64("2026-03-20")


@pytest.mark.parametrize(
    ("time", "state"),
    [
        ("2026-03-23T03:00", "PREPRE"),
        ("2026-03-23T09:29", "PRE"),
        ("2026-03-23T09:30", "REGULAR"),
        ("2026-03-23T16:00", "POST"),
        ("2026-03-23T20:00", "POSTPOST"),
        ("2026-03-22T12:00", "CLOSED"),
        ("2026-11-27T13:00", "POST"),
    ],
)
def test_the_market_state_follows_new_york(market: Market, time: str, state: str) -> None:
    now = datetime.fromisoformat(time).replace(tzinfo=NEW_YORK)
    assert market.hours.state(int(now.timestamp())) == state


def test_a_day_that_is_no_session_is_refused(market: Market, symbol: str) -> None:
    with pytest.raises(ValueError, match="no session"):
        market.apply(Split(symbol, date(2026, 3, 22), 2))
