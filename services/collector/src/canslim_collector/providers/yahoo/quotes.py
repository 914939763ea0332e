"""What a quote says of a symbol whose history is stored: nothing new, one more bar, or that its chart must be read."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import numpy as np

from canslim_calendar import sessions_between
from canslim_collector.provider import Bars, Stored

Json = Mapping[str, Any]

#: Figures of a quote, by the name of ours.
FIGURES = {
    "open": "regularMarketOpen",
    "high": "regularMarketDayHigh",
    "low": "regularMarketDayLow",
    "close": "regularMarketPrice",
    "volume": "regularMarketVolume",
}
#: Yahoo's prices are float32 widened to double: two of one price differ by less.
TOLERANCE = 1e-6
#: A larger move than this is looked at in the chart: it may be a split.
LARGE_MOVE = 0.4


class News(Enum):
    NONE = "none"
    CHART = "chart"


def news(quote: Json | None, stored: Stored, session: date) -> Bars | News:
    """The session's bar where the quote goes on exactly where the stored chain ends."""
    if quote is None or (day := last_trade(quote)) is None:
        return News.CHART
    close, before = number(quote.get("regularMarketPrice")), number(quote.get("regularMarketPreviousClose"))
    if day < stored.last_session or stored.last_session > session:
        # Nobody has traded it since, or the answer is an old one: throttled addresses have been given those.
        return News.NONE
    if day == stored.last_session or stored.last_session == session:
        # The running session's quote says how the one before it closed.
        last = close if day == stored.last_session else before
        return News.NONE if last is not None and same(last, stored.last_close) else News.CHART
    follows = day == session and len(sessions_between(stored.last_session, session)) == 2
    if not follows or before is None or not same(before, stored.last_close) or not same(1, stored.last_adj_factor):
        return News.CHART
    return _bar(quote, session, before)


def same(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other))


def _bar(quote: Json, session: date, before: float) -> Bars | News:
    """News.CHART where a figure is missing, or the move is large enough to be something else."""
    figures = {name: number(quote.get(theirs)) for name, theirs in FIGURES.items()}
    numbers = {name: value for name, value in figures.items() if value is not None}
    prices = [numbers.get(name, 0) for name in ("open", "high", "low", "close")]
    if len(numbers) < len(figures) or min(prices) <= 0 or numbers["volume"] < 0:
        return News.CHART
    if numbers["high"] < numbers["low"] or abs(numbers["close"] / before - 1) > LARGE_MOVE:
        return News.CHART
    opening, high, low, close = (np.array([price]) for price in prices)
    return Bars(
        np.array([session], dtype="datetime64[D]"),
        opening,
        high,
        low,
        close,
        np.array([round(numbers["volume"])], dtype=np.int64),
        np.ones(1),
        np.ones(1),
    )


def last_trade(quote: Json) -> date | None:
    """The session of the last trade."""
    stamp, offset = number(quote.get("regularMarketTime")), number(quote.get("gmtOffSetMilliseconds"))
    if stamp is None:
        return None
    return datetime.fromtimestamp(stamp + (offset or 0) / 1000, UTC).date()


def number(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value):
        return float(value)
    return None
