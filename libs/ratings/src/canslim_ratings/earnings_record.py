"""How steadily earnings came in."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import FloatArray, divide
from canslim_ratings.periods import Periods

#: Two years of quarters make five sums of four.
QUARTERS: Final = 8
YEARS: Final = 5


def earnings_variation(quarters: Periods) -> FloatArray:
    """How far earnings per share of four quarters stray from a straight line, in percent of their mean size.

    The line is fitted to the five sums of four that the eight newest quarters make, so that seasons cancel out; the
    distance is the root of the mean square. 0 is a straight line, whatever its slope. NaN unless all eight quarters
    have diluted, or all have basic earnings, or if every sum is zero.
    """
    diluted, basic = (quarters.figures[name][:, :QUARTERS] for name in ("eps_diluted", "eps_basic"))
    earnings = np.where(np.isnan(diluted).any(axis=1, keepdims=True), basic, diluted)
    sums = np.stack([earnings[:, back : back + 4].sum(axis=1) for back in range(YEARS)])
    time = np.arange(YEARS)[:, None] - (YEARS - 1) / 2
    slope = (time * sums).sum(axis=0) / (time**2).sum()
    distance = sums - sums.mean(axis=0) - slope * time
    return divide(np.sqrt((distance**2).mean(axis=0)), np.abs(sums).mean(axis=0)) * 100.0
