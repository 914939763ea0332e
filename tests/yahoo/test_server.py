"""That the server speaks what unmodified yfinance understands."""

import re
from collections.abc import Callable
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
import yfinance
from curl_cffi.requests import Response, Session
from yfinance.exceptions import YFPricesMissingError

from tests.yahoo.changes import Delisting, Dividend, NullPoints, Rename, Split
from tests.yahoo.hours import NEW_YORK
from tests.yahoo.market import Truth
from tests.yahoo.server_process import YahooServer
from tests.yahoo.standing import decimal

pytestmark = [
    pytest.mark.processes,
    # pandas 3.1 deprecates what yfinance 1.7 uses.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
Client = Session[Response]
Tickers = Callable[[str], yfinance.Ticker]
MONDAY = date(2026, 3, 23)
COLUMNS = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Adj Close": "adjclose", "Volume": "volume"}


def first(server: YahooServer, *needs: str) -> str:
    """The first stock whose truth has all that, and whose statements have no null in them."""
    return next(
        symbol
        for symbol in server.market.symbols()
        if all(getattr(server.truth(symbol), need) for need in needs)
        and not server.truth(symbol).company.null_points
        and len(server.truth(symbol).years) > 3
    )


def assert_same(frame: pd.DataFrame, truth: Truth) -> None:
    bars = truth.bars.taken(slice(len(truth.bars) - len(frame), None))
    assert [day.date() for day in frame.index] == bars.sessions.tolist()
    for column, name in COLUMNS.items():
        assert np.array_equal(frame[column].to_numpy(), getattr(bars, name)), column


@pytest.mark.parametrize("symbol", ["SPY", "QQQ", "^GSPC", "^IXIC"])
def test_a_benchmarks_history_is_the_truth(server: YahooServer, ticker: Tickers, symbol: str) -> None:
    frame = ticker(symbol).history(period="2y", auto_adjust=False)
    assert len(frame) > 500
    assert_same(frame, server.truth(symbol))


def test_a_stocks_whole_history_is_the_truth_with_its_events(server: YahooServer, ticker: Tickers) -> None:
    symbol = first(server, "splits", "dividends")
    frame, truth = ticker(symbol).history(period="max", auto_adjust=False), server.truth(symbol)
    assert len(frame) == len(truth.bars)
    assert_same(frame, truth)
    splits, dividends = (frame[name][frame[name] != 0] for name in ("Stock Splits", "Dividends"))
    assert splits.to_dict() == {midnight(s.ex_date): s.numerator / s.denominator for s in truth.splits}
    assert dividends.to_dict() == {midnight(paid.ex_date): paid.amount for paid in truth.dividends}


def midnight(day: date) -> pd.Timestamp:
    return pd.Timestamp(day, tz="America/New_York")


def test_a_history_between_two_days_holds_the_sessions_between_them(server: YahooServer, ticker: Tickers) -> None:
    frame = ticker("SPY").history(start="2026-03-02", end="2026-03-10", auto_adjust=False)
    assert [str(day.date()) for day in frame.index] == [
        "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-09",
    ]  # fmt: skip


def test_a_split_restates_what_yfinance_reads(server: YahooServer, ticker: Tickers) -> None:
    symbol = first(server, "quarters")
    server.apply(Split(symbol, MONDAY, 2), Dividend(symbol, MONDAY, 0.1))
    server.next_session()
    frame = ticker(symbol).history(period="1mo", auto_adjust=False)
    assert_same(frame, server.truth(symbol))
    assert frame["Stock Splits"].iloc[-1] == 2


def test_a_running_session_is_the_last_row(server: YahooServer, ticker: Tickers) -> None:
    server.set_now(datetime(2026, 3, 23, 11, 7, 5, tzinfo=NEW_YORK))
    stock = ticker("SPY")
    assert_same(stock.history(period="5d", auto_adjust=False), server.truth("SPY"))
    meta = stock.get_history_metadata()
    assert meta["regularMarketTime"] == datetime(2026, 3, 23, 11, 7, 5, tzinfo=NEW_YORK)
    assert meta["currentTradingPeriod"]["regular"]["end"] == datetime(2026, 3, 23, 16, tzinfo=NEW_YORK)


def test_statements_are_the_newest_five_quarters_and_four_years(server: YahooServer, ticker: Tickers) -> None:
    symbol = first(server, "quarters")
    stock, truth = ticker(symbol), server.truth(symbol)
    quarterly, yearly = stock.quarterly_income_stmt, stock.income_stmt
    assert quarterly.loc["Diluted EPS"].to_dict() == {
        pd.Timestamp(quarter.period_end): quarter.diluted_eps for quarter in truth.quarters[-5:]
    }
    assert quarterly.loc["Total Revenue"].tolist() == [quarter.revenue for quarter in truth.quarters[:-6:-1]]
    assert yearly.loc["Net Income"].tolist() == [year.net_income for year in truth.years[:-5:-1]]
    assert stock.balance_sheet.loc["Stockholders Equity"].iloc[0] == truth.years[-1].equity


def test_a_null_among_its_points_spoils_a_statement(server: YahooServer, ticker: Tickers) -> None:
    symbol = first(server, "quarters")
    server.apply(NullPoints(symbol))
    with pytest.raises(TypeError):
        _ = ticker(symbol).quarterly_income_stmt


def test_info_agrees_with_the_truth(server: YahooServer, ticker: Tickers) -> None:
    symbol = first(server, "quarters")
    info, truth = ticker(symbol).info, server.truth(symbol)
    assert truth.ownership is not None
    assert info["regularMarketPrice"] == decimal(truth.bars.close[-1])
    assert info["sharesOutstanding"] == truth.shares
    assert info["trailingEps"] == pytest.approx(sum(quarter.diluted_eps for quarter in truth.quarters[-4:]))
    assert info["heldPercentInstitutions"] == truth.ownership.institutions
    assert (info["sector"], info["industry"]) == (truth.company.sector, truth.company.industry)
    assert info["exchange"] == truth.company.exchange


def test_holders_agree_with_the_truth(server: YahooServer, ticker: Tickers) -> None:
    symbol = first(server, "quarters")
    stock, owners = ticker(symbol), server.truth(symbol).ownership
    assert owners is not None
    major, institutions = stock.major_holders["Value"], stock.institutional_holders
    assert major["institutionsPercentHeld"] == owners.institutions
    assert major["institutionsCount"] == owners.institution_count
    assert institutions["Holder"].tolist() == [holder.name for holder in owners.holders]
    assert institutions["pctHeld"].tolist() == [holder.fraction for holder in owners.holders]
    assert set(institutions["Date Reported"]) == {pd.Timestamp(owners.as_of)}


def test_the_calendar_and_the_history_of_earnings_are_understood(server: YahooServer, ticker: Tickers) -> None:
    symbol = first(server, "quarters", "dividends")
    stock, truth = ticker(symbol), server.truth(symbol)
    assert stock.calendar["Ex-Dividend Date"] == truth.dividends[-1].ex_date
    assert stock.earnings_history["epsActual"].tolist() == [quarter.diluted_eps for quarter in truth.quarters[-4:]]
    shares = stock.get_shares_full(start="2025-06-01")
    assert shares.iloc[-1] == truth.quarters[-1].basic_shares


def test_screens_turn_the_pages_of_an_exchange(server: YahooServer, session: Client) -> None:
    query = yfinance.EquityQuery(
        "and",
        [yfinance.EquityQuery("eq", ["region", "us"]), yfinance.EquityQuery("is-in", ["exchange", "NMS", "NYQ"])],
    )
    pages = [
        yfinance.screen(query, offset=offset, size=20, sortField="ticker", sortAsc=True, session=session)
        for offset in (0, 20, 40, 60)
    ]
    found = [quote["symbol"] for page in pages for quote in page["quotes"]]
    market = server.market
    expected = [s for s in market.symbols() if market.truth(s).company.exchange in ("NMS", "NYQ")]
    assert found == expected
    assert {page["total"] for page in pages} == {len(expected)}


def test_a_download_of_several_symbols_is_the_truth(server: YahooServer, session: Client) -> None:
    symbols = server.market.symbols()[:3]
    frame = yfinance.download(
        symbols, period="3mo", session=session, auto_adjust=False, progress=False, group_by="ticker"
    )
    for symbol in symbols:
        assert_same(frame[symbol].dropna(), server.truth(symbol))


def test_a_delisted_symbol_is_unknown_to_yfinance(server: YahooServer, ticker: Tickers) -> None:
    symbol = first(server, "quarters")
    server.apply(Delisting(symbol, MONDAY))
    server.next_session()
    with pytest.raises(YFPricesMissingError, match=re.escape("No data found, symbol may be delisted")):
        ticker(symbol).history(period="1mo")


def test_a_renamed_symbol_answers_to_its_new_name(server: YahooServer, ticker: Tickers) -> None:
    symbol = first(server, "quarters")
    server.apply(Rename(symbol, "NEWNAME", MONDAY))
    server.next_session()
    assert_same(ticker("NEWNAME").history(period="1mo", auto_adjust=False), server.truth("NEWNAME"))
