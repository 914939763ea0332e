"""A symbol's figures of the day, as charts and quotes name them."""

from dataclasses import dataclass

import numpy as np

from tests.yahoo.history import History
from tests.yahoo.hours import Hours

#: Sessions in a year, three months, and ten days.
YEAR, QUARTER, FORTNIGHT = 252, 63, 10


@dataclass(frozen=True)
class Standing:
    """Prices in decimal dollars, not in Yahoo's float32. `time` is that of the last trade."""

    open: float
    high: float
    low: float
    price: float
    volume: int
    previous_close: float
    time: int
    year_high: float
    year_low: float
    average_50: float
    average_200: float
    volume_3m: int
    volume_10d: int

    @property
    def change(self) -> float:
        return round(self.price - self.previous_close, 4)

    @property
    def change_percent(self) -> float:
        return round(100 * self.change / self.previous_close, 4)


def standing_of(history: History, hours: Hours) -> Standing:
    bars = history.bars
    previous = bars.close[-2] if len(bars) > 1 else bars.open[-1]
    return Standing(
        decimal(bars.open[-1]),
        decimal(bars.high[-1]),
        decimal(bars.low[-1]),
        decimal(bars.close[-1]),
        int(bars.volume[-1]),
        decimal(previous),
        last_trade(history, hours),
        decimal(bars.high[-YEAR:].max()),
        decimal(bars.low[-YEAR:].min()),
        decimal(bars.close[-50:].mean()),
        decimal(bars.close[-200:].mean()),
        int(bars.volume[-QUARTER:].mean()),
        int(bars.volume[-FORTNIGHT:].mean()),
    )


def last_trade(history: History, hours: Hours) -> int:
    """Of a session that has ended, a second after its close."""
    bars = history.bars
    if bars.running:
        return int(bars.stamps[-1])
    session = int(np.searchsorted(hours.days, bars.sessions[-1]))
    return int(hours.closes[session]) + 1


def decimal(price: float) -> float:
    return round(float(price), 4)
