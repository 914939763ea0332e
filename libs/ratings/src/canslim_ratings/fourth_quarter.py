"""The quarter that nobody files: Q4 = year - Q1 - Q2 - Q3."""

from typing import Final, TypeVar

import numpy as np

from canslim_ratings.arrays import BoolArray, DateArray, FloatArray
from canslim_ratings.filings import PER_SHARE
from canslim_ratings.periods import Periods

#: A derived quarter's revenue this many times off that of the other three is a tagging mistake (ABBV 2015).
PLAUSIBLE_RATIO: Final = 4.0

Array = TypeVar("Array", FloatArray, DateArray)


def with_fourth_quarters(quarters: Periods, years: Periods) -> Periods:
    """Fills the quarter slots that hold a year's end but no quarter.

    quarters, years: symbols x slots on one grid; slot n ends about n quarters before the symbol's newest period.

    A derived quarter is year minus the three before it, known when the last of the four was; its equity is the
    year's. It has no figure that any of the four lacks, no revenue out of proportion to theirs, and no
    earnings per share whose sign is not that of its income.
    """
    width = quarters.period_end.shape[1] - 3
    open_slots = np.isnat(quarters.period_end[:, :width]) & ~np.isnat(years.period_end[:, :width])
    parts = np.stack([quarters.period_end[:, back : back + width] for back in (1, 2, 3)])
    derived = open_slots & ~np.isnat(parts).any(axis=0)
    known = np.stack([quarters.known_on[:, back : back + width] for back in (1, 2, 3)])
    latest = np.fmax(known.max(axis=0), years.known_on[:, :width])

    remainder = {
        figure: _remainder(years.figures[figure][:, :width], quarters.figures[figure])
        for figure in ("revenue", "net_income", *PER_SHARE)
    }
    # Shares differ between the quarters; a remainder with the other sign than the income is only that noise.
    for figure in PER_SHARE:
        opposed = remainder[figure] * remainder["net_income"] < 0
        remainder[figure] = np.where(opposed, np.nan, remainder[figure])
    remainder["revenue"] = np.where(
        _plausible(remainder["revenue"], quarters.figures["revenue"]), remainder["revenue"], np.nan
    )
    remainder["equity"] = years.figures["equity"][:, :width]
    all_derived = np.zeros_like(quarters.derived)
    all_derived[:, :width] = derived
    return Periods(
        period_end=np.where(all_derived, years.period_end, quarters.period_end),
        known_on=np.where(all_derived, _widened(latest, quarters.known_on), quarters.known_on),
        figures={
            name: np.where(all_derived, _widened(remainder[name], grid), grid)
            for name, grid in quarters.figures.items()
        },
        derived=all_derived,
    )


def _widened(head: Array, grid: Array) -> Array:
    """Completes `head`, the leading columns, with the last ones of `grid`."""
    return np.hstack([head, grid[:, head.shape[1] :]])


def _remainder(year: FloatArray, quarters: FloatArray) -> FloatArray:
    """Year minus the three quarters before its end, for each slot of `year`."""
    width = year.shape[1]
    rest: FloatArray = year - sum(quarters[:, back : back + width] for back in (1, 2, 3))
    # Sums of cents leave binary dust (0.30 - 0.10 - 0.10 - 0.10), which would pass for earnings.
    return np.round(rest, 6)


def _plausible(fourth: FloatArray, quarters: FloatArray) -> BoolArray:
    """True where a derived quarter is of the order of the three before it."""
    width = fourth.shape[1]
    one, two, three = (quarters[:, back : back + width] for back in (1, 2, 3))
    # The median of three.
    typical = np.maximum(np.minimum(one, two), np.minimum(np.maximum(one, two), three))
    plausible: BoolArray = (fourth >= typical / PLAUSIBLE_RATIO) & (fourth <= typical * PLAUSIBLE_RATIO)
    return plausible
