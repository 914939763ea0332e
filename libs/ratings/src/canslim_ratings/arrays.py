"""Array types, and the few column operations that several ratings share."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
DateArray = npt.NDArray[np.datetime64]
#: Holds `str | None`; NumPy has no narrower type for it.
TextArray = npt.NDArray[np.object_]


def missing(values: FloatArray) -> BoolArray:
    """True where a value is NaN."""
    return np.asarray(np.isnan(values), dtype=np.bool_)


def in_any_row(mask: BoolArray) -> BoolArray:
    """True for each column where any row of `mask` holds."""
    return np.asarray(mask.any(axis=0), dtype=np.bool_)


def any_of(cases: Iterable[tuple[BoolArray, str]]) -> BoolArray:
    """True where any of `cases` holds."""
    return np.asarray(np.logical_or.reduce([mask for mask, _ in cases]))


def first_reason(size: int, cases: Iterable[tuple[BoolArray, str]]) -> TextArray:
    """Gives each element the code of the first case whose mask holds there, else None."""
    reason = np.full(size, None, dtype=object)
    for mask, code in reversed(list(cases)):
        reason[mask] = code
    return reason


def texts_where(mask: BoolArray, texts: TextArray) -> TextArray:
    """Keeps `texts` where `mask` holds; None elsewhere."""
    kept: TextArray = np.full(len(mask), None, dtype=object)
    kept[mask] = texts[mask]
    return kept


def without_dust(values: FloatArray) -> FloatArray:
    """Rounds to nine decimals, so that 2.00 on 1.60 is 25 % and not just below a threshold of 25 %."""
    return np.round(values, 9)


def divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divides element by element; NaN where either is missing or the denominator is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator != 0, numerator / denominator, np.nan)


def interpolate(value: FloatArray, at: Sequence[float], points: Sequence[float]) -> FloatArray:
    """Reads `points` off the line through (`at`, `points`), flat outside it; NaN stays NaN.

    at: ascending, in the unit of `value`.
    """
    return np.interp(value, at, points)


def verdict(value: FloatArray, passed: BoolArray) -> FloatArray:
    """Writes `passed` as 1 or 0, and NaN where `value`, which it was read from, is missing."""
    return np.where(np.isnan(value), np.nan, passed.astype(np.float64))


def positive_prices(panel: pd.DataFrame) -> FloatArray:
    """Copies a price panel as float64; zero and negative prices are bad prints and become NaN."""
    prices = panel.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    prices[~((prices > 0) & (prices < np.inf))] = np.nan
    return prices


def fill_forward(panel: FloatArray) -> FloatArray:
    """Fills each NaN with the last value above it; NaN above the first one stays. `panel` itself if it has none."""
    gaps = np.flatnonzero(np.isnan(panel).any(axis=0))
    if len(gaps) == 0:
        return panel
    holed = panel[:, gaps]
    rows = np.where(np.isnan(holed), 0, np.arange(len(panel))[:, None])
    filled = panel.copy()
    filled[:, gaps] = np.take_along_axis(holed, np.maximum.accumulate(rows, axis=0), axis=0)
    return filled


def rolling_highest(panel: FloatArray, window: int) -> FloatArray:
    """The highest of every `window` rows, by their last one; NaN counts for nothing.

    Gives rows - window + 1 rows. Windows of 2, 4, 8 … rows are made of two halves each, the last of two that overlap.
    """
    width, highest = 1, panel
    while width * 2 <= window:
        highest = np.fmax(highest[width:], highest[:-width])
        width *= 2
    rest = window - width
    return np.fmax(highest[rest:], highest[: len(highest) - rest])


def rolling_sum(panel: FloatArray, window: int) -> FloatArray:
    """The sum of every `window` rows, by their last one; NaN counts for nothing. Gives rows - window + 1 rows."""
    running = np.zeros((len(panel) + 1, panel.shape[1]))
    np.cumsum(np.nan_to_num(panel), axis=0, out=running[1:])
    return running[window:] - running[:-window]
