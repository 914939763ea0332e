"""What a quote says of a symbol whose history is stored."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from canslim_collector.provider import Bars, Stored
from canslim_collector.providers.yahoo.quotes import News, last_trade, news

WEDNESDAY, THURSDAY, FRIDAY, MONDAY = (date(2026, 3, day) for day in (18, 19, 20, 23))
NEW_YORK = -14_400_000
#: Yahoo's price of 126.1.
FLOAT32 = 126.0999984741211

Json = dict[str, Any]


def at(day: date, hour: float = 20) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + hour * 3600)


def quote(day: date = FRIDAY, **others: Any) -> Json:
    """Of a session that closed at 102 after 100."""
    figures = {
        "regularMarketTime": at(day),
        "gmtOffSetMilliseconds": NEW_YORK,
        "regularMarketOpen": 100.5,
        "regularMarketDayHigh": 103.0,
        "regularMarketDayLow": 99.0,
        "regularMarketPrice": 102.0,
        "regularMarketVolume": 5000,
        "regularMarketPreviousClose": 100.0,
    }
    assert set(others) <= set(figures)
    return figures | others


def stored(last: date = THURSDAY, close: float = 100.0, factor: float = 1.0) -> Stored:
    return Stored(date(2024, 3, 20), last, close, factor)


def appended(quote: Json | None, stored: Stored, session: date = FRIDAY) -> Bars:
    bars = news(quote, stored, session)
    assert isinstance(bars, Bars)
    return bars


# The next session


def test_the_next_sessions_figures_are_its_bar() -> None:
    bars = appended(quote(), stored())
    assert bars.sessions.tolist() == [FRIDAY]
    assert [float(column[0]) for column in (bars.open, bars.high, bars.low, bars.close)] == [100.5, 103, 99, 102]
    assert (bars.volume.tolist(), str(bars.volume.dtype)) == ([5000], "int64")
    assert (bars.adj_factor.tolist(), bars.split_factor.tolist()) == ([1], [1])


def test_monday_follows_friday() -> None:
    assert appended(quote(MONDAY), stored(FRIDAY), MONDAY).sessions.tolist() == [MONDAY]


@pytest.mark.parametrize(("theirs", "ours"), [(126.1, FLOAT32), (FLOAT32, 126.1)])
def test_prices_agree_to_the_precision_that_yahoo_has(theirs: float, ours: float) -> None:
    appended(quote(regularMarketPreviousClose=theirs), stored(close=ours))


@pytest.mark.parametrize("before", [100.01, 50.0, None])
def test_a_previous_close_that_is_not_the_stored_one_needs_the_chart(before: float | None) -> None:
    assert news(quote(regularMarketPreviousClose=before), stored(), FRIDAY) is News.CHART


def test_after_missed_sessions_the_chart_is_needed() -> None:
    assert news(quote(), stored(WEDNESDAY), FRIDAY) is News.CHART


def test_a_session_that_runs_already_hides_the_one_before() -> None:
    assert news(quote(MONDAY), stored(), FRIDAY) is News.CHART


@pytest.mark.parametrize("factor", [0.5, 0.98, 1.0001])
def test_a_stored_history_that_waits_for_an_adjustment_needs_the_chart(factor: float) -> None:
    assert news(quote(), stored(factor=factor), FRIDAY) is News.CHART


@pytest.mark.parametrize(("close", "believed"), [(139.9, True), (140.1, False), (60.1, True), (59.9, False)])
def test_a_large_move_is_looked_at_in_the_chart(close: float, believed: bool) -> None:
    bars = news(quote(regularMarketPrice=close, regularMarketDayHigh=150, regularMarketDayLow=50), stored(), FRIDAY)
    assert isinstance(bars, Bars) is believed


@pytest.mark.parametrize(
    "name",
    ["regularMarketOpen", "regularMarketDayHigh", "regularMarketDayLow", "regularMarketPrice", "regularMarketVolume"],
)
@pytest.mark.parametrize("value", [None, "102", True, float("nan"), float("inf"), -1])
def test_a_figure_that_is_missing_or_absurd_needs_the_chart(name: str, value: Any) -> None:
    assert news(quote() | {name: value}, stored(), FRIDAY) is News.CHART


@pytest.mark.parametrize("name", ["regularMarketOpen", "regularMarketDayHigh", "regularMarketDayLow"])
def test_a_price_of_nothing_needs_the_chart(name: str) -> None:
    assert news(quote() | {name: 0}, stored(), FRIDAY) is News.CHART


def test_a_session_without_trades_has_a_bar() -> None:
    assert appended(quote(regularMarketVolume=0), stored()).volume.tolist() == [0]


def test_a_high_below_the_low_needs_the_chart() -> None:
    assert news(quote(regularMarketDayHigh=98, regularMarketDayLow=99), stored(), FRIDAY) is News.CHART


# Nothing new


@pytest.mark.parametrize("close", [102.0, 102.00001])
def test_the_stored_session_unchanged_is_nothing_new(close: float) -> None:
    assert news(quote(), stored(FRIDAY, close), FRIDAY) is News.NONE


def test_the_stored_session_with_another_close_needs_the_chart() -> None:
    assert news(quote(), stored(FRIDAY, 51.0), FRIDAY) is News.CHART


@pytest.mark.parametrize("factor", [0.5, 0.98])
def test_an_adjustment_to_come_is_no_news_of_a_session_that_is_stored(factor: float) -> None:
    assert news(quote(), stored(FRIDAY, 102.0, factor), FRIDAY) is News.NONE


@pytest.mark.parametrize(
    ("before", "expected"), [(102.0, News.NONE), (34.0, News.CHART), (None, News.CHART)], ids=["same", "split", "none"]
)
def test_a_running_session_tells_of_the_stored_one_by_its_previous_close(before: float | None, expected: News) -> None:
    running = quote(MONDAY, regularMarketPreviousClose=before, regularMarketPrice=99.0)
    assert news(running, stored(FRIDAY, 102.0), FRIDAY) is expected


def test_who_was_not_traded_since_has_nothing_new() -> None:
    assert news(quote(WEDNESDAY), stored(WEDNESDAY, 102.0), FRIDAY) is News.NONE
    assert news(quote(WEDNESDAY), stored(THURSDAY, 102.0), FRIDAY) is News.NONE


@pytest.mark.parametrize("close", [34.0, None])
def test_who_was_not_traded_since_and_has_another_price_needs_the_chart(close: float | None) -> None:
    assert news(quote(WEDNESDAY, regularMarketPrice=close), stored(WEDNESDAY, 102.0), FRIDAY) is News.CHART


# No quote


@pytest.mark.parametrize("last", [THURSDAY, FRIDAY])
def test_without_a_quote_the_chart_is_needed(last: date) -> None:
    assert news(None, stored(last), FRIDAY) is News.CHART


@pytest.mark.parametrize("time", [None, "yesterday", float("nan")])
def test_a_quote_without_a_time_needs_the_chart(time: Any) -> None:
    assert news(quote(regularMarketTime=time), stored(), FRIDAY) is News.CHART


def test_a_trade_is_of_the_day_in_new_york() -> None:
    evening = at(FRIDAY, 25.5)
    assert last_trade({"regularMarketTime": evening, "gmtOffSetMilliseconds": NEW_YORK}) == FRIDAY
    assert last_trade({"regularMarketTime": at(FRIDAY)}) == FRIDAY
    assert last_trade({}) is None
