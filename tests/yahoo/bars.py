"""Bars as Yahoo shows them at one moment: whole cents as traded, then adjusted for what came later."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tests.yahoo.hours import Hours
from tests.yahoo.paths import Path

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bars:
    """Prices are adjusted for splits, `adjclose` for dividends too, and are float32 in a wider type, as Yahoo's are.

    stamps: when each session opened; for a `running` session, the last one, the moment of its last trade.
    """

    sessions: npt.NDArray[np.datetime64]
    stamps: npt.NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    adjclose: Floats
    volume: npt.NDArray[np.int64]
    running: bool = False

    def __len__(self) -> int:
        return len(self.stamps)

    def taken(self, rows: slice | npt.NDArray[np.bool_]) -> "Bars":
        """Those rows; a running session is the last one or none."""
        arrays = {name: getattr(self, name)[rows] for name in ARRAYS}
        running = self.running and len(arrays["stamps"]) > 0 and arrays["stamps"][-1] == self.stamps[-1]
        return replace(self, **arrays, running=bool(running))


PRICES = ("open", "high", "low", "close")
ARRAYS = ("sessions", "stamps", "open", "high", "low", "close", "adjclose", "volume")


@dataclass(frozen=True)
class SplitAt:
    session: int
    numerator: float
    denominator: float

    @property
    def factor(self) -> float:
        return self.denominator / self.numerator


@dataclass(frozen=True)
class DividendAt:
    """amount: in the shares of the ex-date; None: that fraction of the close before it."""

    session: int
    amount: float | None = None
    fraction: float = 0.0


def factors_since(splits: Sequence[SplitAt], count: int) -> Floats:
    """For each of `count` sessions, what its as-traded price is multiplied with for the splits after it."""
    factors = np.ones(count)
    for split in splits:
        factors[: split.session] *= split.factor
    return factors


def factors_to(splits: Sequence[SplitAt], count: int) -> Floats:
    """For each of `count` sessions, what the path is multiplied with for an as-traded price."""
    factors = np.ones(count)
    for split in splits:
        factors[split.session :] *= split.factor
    return factors


def adjusted(
    path: Path,
    hours: Hours,
    moment: int,
    *,
    splits: Sequence[SplitAt],
    dividends: Sequence[DividendAt],
    unapplied: SplitAt | None = None,
) -> tuple[Bars, dict[int, float]]:
    """A bar of every session that has opened, and the dividends in the newest bar's shares by session.

    Of a running session the bar is what `moment` has seen of it. Prices before `unapplied` stay as traded.
    """
    count = hours.newest(moment) + 1
    to = factors_to(splits, count)
    since = factors_since([split for split in splits if split != unapplied], count)
    prices = {name: getattr(path, name)[:count].copy() for name in (*PRICES, "volume")}
    _cut_last(prices, hours.elapsed(moment))
    traded = {name: np.maximum(np.round(prices[name] * to, 2), 0.01) for name in PRICES}
    amounts = {dividend.session: _amount(dividend, traded["close"]) for dividend in dividends}
    adjustment = np.ones(count)
    for session, amount in amounts.items():
        before = traded["close"][session - 1] * to[session] / to[session - 1]
        adjustment[:session] *= 1 - amount / before
    stamps = hours.opens[:count].copy()
    if running := hours.is_open(moment):
        stamps[-1] = moment
    bars = Bars(
        sessions=hours.days[:count],
        stamps=stamps,
        open=_float32(traded["open"] * since),
        high=_float32(traded["high"] * since),
        low=_float32(traded["low"] * since),
        close=_float32(traded["close"] * since),
        adjclose=_float32(traded["close"] * since * adjustment),
        volume=np.rint(np.rint(prices["volume"] / to) / since).astype(np.int64),
        running=running,
    )
    return bars, {session: round(amount * float(since[session]), 6) for session, amount in amounts.items()}


def _amount(dividend: DividendAt, traded_close: Floats) -> float:
    if dividend.amount is not None:
        return dividend.amount
    return max(0.01, round(dividend.fraction * float(traded_close[dividend.session - 1]), 2))


def _float32(values: Floats) -> Floats:
    return values.astype(np.float32).astype(np.float64)


def _cut_last(prices: dict[str, Floats], elapsed: float) -> None:
    """Highs and lows only move out, volume only up, and all end where the whole session ends."""
    opening, high, low, close = (float(prices[name][-1]) for name in ("open", "high", "low", "close"))
    now = opening + (close - opening) * elapsed
    prices["close"][-1] = now
    prices["high"][-1] = max(opening, now, opening + (high - opening) * elapsed)
    prices["low"][-1] = min(opening, now, opening + (low - opening) * elapsed)
    prices["volume"][-1] *= elapsed
