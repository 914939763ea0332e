"""Reads a chart: raw rows, events, and where the running session stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from canslim_collector.provider import Bars, Floats
from canslim_collector.sanity_series import Dividend, RawSeries, Split

Json = Mapping[str, Any]
DAY = 86_400
LAST_MINUTE = 60
#: Seconds after the close until the session's last trade is known.
SETTLED = 900
EPOCH = np.datetime64("1970-01-01", "D")
FIGURES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Clock:
    """Yahoo's own: when a symbol traded last, and the hours of the session that runs or comes next."""

    last_trade: int
    opens: int
    closes: int
    utc_offset: int

    def running(self, now: float) -> bool:
        """Whether the session goes on. now: our own clock, which decides the last minute: a last trade comes before
        the close."""
        if not self.opens <= self.last_trade < self.closes:
            return False
        return self.last_trade < self.closes - LAST_MINUTE or now < self.closes + SETTLED


@dataclass(frozen=True, slots=True)
class Chart:
    """rows: as delivered, the running session's among them."""

    rows: RawSeries
    clock: Clock
    name: str | None
    exchange: str | None

    def until(self, session: date) -> RawSeries:
        """The rows up to the session, without a last one that has no price yet."""
        days = self.rows.days
        wanted = days <= np.datetime64(session, "D")
        if len(days) and np.isnan(self.rows.close[-1]) and np.isnan(self.rows.open[-1]):
            wanted[-1] = False
        return self.rows if wanted.all() else self.rows.take(wanted)


def read_chart(chart: Json) -> Chart:
    """Raises what comes of another shape: LookupError, TypeError, ValueError, AttributeError, ArithmeticError."""
    meta = chart["meta"]
    offset = int(meta["gmtoffset"])
    regular = meta["currentTradingPeriod"]["regular"]
    rows = RawSeries(
        **_columns(chart, offset),
        splits=tuple(Split(_day(one, offset), _ratio(one)) for one in _events(chart, "splits")),
        # Capital gains of funds are among the dividends already.
        dividends=tuple(Dividend(_day(one, offset), float(one["amount"])) for one in _events(chart, "dividends")),
    )
    clock = Clock(int(meta["regularMarketTime"]), int(regular["start"]), int(regular["end"]), offset)
    exchange = meta.get("fullExchangeName") or meta.get("exchangeName")
    return Chart(rows, clock, meta.get("longName") or meta.get("shortName"), exchange)


def _columns(chart: Json, offset: int) -> dict[str, npt.NDArray[Any]]:
    stamps = np.array(chart.get("timestamp") or [], dtype=np.int64)
    quote, adjusted = chart["indicators"]["quote"][0], chart["indicators"]["adjclose"][0]
    columns = {name: _floats(quote.get(name), len(stamps)) for name in FIGURES}
    columns["adj_close"] = _floats(adjusted.get("adjclose"), len(stamps))
    return {"days": EPOCH + (stamps + offset) // DAY, **columns}


def _floats(values: list[float | None] | None, count: int) -> Floats:
    """Null becomes NaN."""
    if values is None and count == 0:
        return np.empty(0)
    column = np.array(values, dtype=np.float64)
    if column.shape != (count,):
        raise ValueError(f"a column of {column.shape} rows beside {count} days")
    return column


def _day(event: Json, offset: int) -> date:
    day: date = (EPOCH + (int(event["date"]) + offset) // DAY).item()
    return day


def _ratio(event: Json) -> float:
    return float(event["numerator"]) / float(event["denominator"])


def _events(chart: Json, kind: str) -> list[Json]:
    """The sooner first."""
    events = chart.get("events") or {}
    return sorted(events.get(kind, {}).values(), key=lambda one: int(one["date"]))


def to_bars(rows: RawSeries) -> Bars:
    """Prices as traded. rows: without a fault, in order.

    Yahoo's prices are adjusted for splits, its `adj_close` for dividends too.
    """
    factor = np.ones(len(rows.days))
    for split in rows.splits:
        factor[rows.days < np.datetime64(split.ex_date, "D")] /= split.ratio
    close = rows.close / factor
    return Bars(
        rows.days,
        rows.open / factor,
        rows.high / factor,
        rows.low / factor,
        close,
        np.rint(rows.volume * factor).astype(np.int64),
        rows.adj_close / close,
        factor,
    )
