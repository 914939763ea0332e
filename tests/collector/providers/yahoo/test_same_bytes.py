"""Our own reading beside yfinance's, of the same bytes through the same session: the awkward ones."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import yfinance
from yfinance.data import YfData

from canslim_collector.provider import Columns
from canslim_collector.providers.yahoo.client import YahooClient
from canslim_collector.sanity import RawSeries
from tests.yahoo.changes import NullPoints
from tests.yahoo.faults import Fault, FaultPlan, SymbolFault
from tests.yahoo.market import Truth
from tests.yahoo.request import Kind
from tests.yahoo.server_process import YahooServer
from tests.yahoo.stored import listed

pytestmark = [
    pytest.mark.processes,
    # pandas 3.1 deprecates what yfinance 1.7 uses.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

COLUMNS = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Adj Close": "adj_close", "Volume": "volume"}
LINES = {
    "Total Revenue": "revenue",
    "Net Income": "net_income",
    "Basic EPS": "eps_basic",
    "Diluted EPS": "eps_diluted",
    "Stockholders Equity": "equity",
}


@pytest.fixture
def yahoo(client: YahooClient) -> Iterator[YahooClient]:
    """Ours; yfinance uses its session and raises what it would hide."""
    yfinance.config.debug.hide_exceptions = False
    yield client
    yfinance.config.debug.hide_exceptions = True


def history(symbol: str, period: str = "2y") -> pd.DataFrame:
    ticker = yfinance.Ticker(symbol, session=YfData()._session)
    # Else it asks for that first.
    ticker._tz = "America/New_York"
    frame: pd.DataFrame = ticker.history(period=period, auto_adjust=False)
    return frame


def assert_same(rows: RawSeries, frame: pd.DataFrame) -> None:
    """What yfinance has in its frame is what we have, and so the other way round but for rows of nothing."""
    assert [str(day)[:10] for day in frame.index] == [str(day) for day in rows.days]
    for theirs, ours in COLUMNS.items():
        column = getattr(rows, ours)
        # A missing volume is 0 there.
        expected = np.nan_to_num(column) if ours == "volume" else column
        np.testing.assert_array_equal(frame[theirs].to_numpy(dtype=np.float64), expected, err_msg=theirs)
    for name, events in (("Stock Splits", rows.splits), ("Dividends", rows.dividends)):
        shown = frame[name][frame[name] != 0] if name in frame else pd.Series(dtype=np.float64)
        assert [(str(day)[:10], value) for day, value in shown.items()] == [(str(day), value) for day, value in events]


def chosen(server: YahooServer) -> list[str]:
    """Benchmarks, an index, splits of both kinds, dividends, the shortest history, a class share."""
    truths = [server.truth(symbol) for symbol in listed(server.market)]
    tests = (
        lambda truth: any(split.factor < 1 for split in truth.splits),
        lambda truth: any(split.factor > 1 for split in truth.splits),
        lambda truth: len(truth.splits) and len(truth.dividends),
        lambda truth: "-" in truth.symbol,
    )
    shortest = min(truths, key=lambda truth: len(truth.bars))
    return ["SPY", "QQQ", "^GSPC", shortest.symbol, *(next(filter(test, truths)).symbol for test in tests)]


@pytest.mark.parametrize("period", ["2y", "10y"])
def test_charts_are_read_alike(yahoo: YahooClient, server: YahooServer, period: str) -> None:
    for symbol in chosen(server):
        assert_same(yahoo.chart(symbol, period).rows, history(symbol, period))


def test_the_rows_of_a_running_session_are_read_alike(yahoo: YahooClient, server: YahooServer) -> None:
    server.set_now(pd.Timestamp("2026-03-23T15:00:00Z").to_pydatetime())
    assert_same(yahoo.chart("SPY", "5d").rows, history("SPY", "5d"))


def test_holes_in_a_chart_are_read_alike(yahoo: YahooClient, server: YahooServer) -> None:
    symbol = listed(server.market)[0]
    server.set_faults(FaultPlan(symbols={symbol: SymbolFault(Fault.NULLS, kinds=(Kind.CHART,))}))
    rows = yahoo.chart(symbol, "2y").rows
    priced = ~np.isnan(rows.close)
    # yfinance leaves out a row of nothing.
    assert (~priced).sum() == 1
    assert_same(rows.take(priced), history(symbol))


def statements(symbol: str) -> dict[bool, pd.DataFrame]:
    """Quarters (False) and years (True) as yfinance has them, the newest first."""
    ticker = yfinance.Ticker(symbol, session=YfData()._session)
    return {
        False: pd.concat([ticker.quarterly_income_stmt, ticker.quarterly_balance_sheet]),
        True: pd.concat([ticker.income_stmt, ticker.balance_sheet]),
    }


def figures(reports: Columns, line: str, *, annual: bool) -> dict[str, float]:
    wanted = (reports["fiscal_period"] == "FY") == annual
    values = zip(reports["period_end"][wanted].tolist(), reports[LINES[line]][wanted].tolist(), strict=True)
    return {str(end): value for end, value in values if not np.isnan(value)}


def of_each_year_end(server: YahooServer) -> dict[int, Truth]:
    truths = [server.truth(symbol) for symbol in listed(server.market)]
    return {truth.company.year_end: truth for truth in truths if len(truth.years) > 3 and not truth.company.null_points}


def test_statements_are_read_alike(yahoo: YahooClient, server: YahooServer) -> None:
    companies = of_each_year_end(server)
    assert set(companies) == {1, 6, 9, 12}
    for truth in companies.values():
        reports = yahoo.reports(truth.symbol)
        assert reports is not None
        for annual, frame in statements(truth.symbol).items():
            for line in LINES:
                theirs = {str(end)[:10]: value for end, value in frame.loc[line].dropna().items()}
                assert figures(reports, line, annual=annual) == theirs


def test_a_null_point_costs_its_own_figure_alone(yahoo: YahooClient, server: YahooServer) -> None:
    # yfinance loses the whole statement.
    symbol = of_each_year_end(server)[12].symbol
    whole = yahoo.reports(symbol)
    server.apply(NullPoints(symbol))
    with pytest.raises(TypeError):
        statements(symbol)
    holed = yahoo.reports(symbol)
    assert whole is not None
    assert holed is not None
    for line in LINES:
        for annual in (False, True):
            before, after = (figures(reports, line, annual=annual) for reports in (whole, holed))
            assert after.items() < before.items()
            assert len(before) - len(after) == 1


def test_every_fiscal_period_is_the_markets(yahoo: YahooClient, server: YahooServer) -> None:
    for truth in of_each_year_end(server).values():
        reports = yahoo.reports(truth.symbol)
        assert reports is not None
        wanted = reports["fiscal_period"] != "FY"
        columns = (reports[name][wanted].tolist() for name in ("period_end", "fiscal_period", "fiscal_year"))
        expected = [(one.period_end, f"Q{one.fiscal_quarter}", one.fiscal_year) for one in truth.quarters[-5:]]
        assert list(zip(*columns, strict=True)) == expected
