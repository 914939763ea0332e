"""Stocks of a session sorted into buckets by their rating: deciles, grades or values."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.arrays import FloatArray, IntArray, missing

DECILES: Final = 10


@dataclass(frozen=True)
class Buckets:
    """labels: of the buckets, weakest first. codes: sessions x symbols, the bucket's number from 0, -1 if unrated."""

    labels: tuple[str, ...]
    codes: IntArray

    @property
    def top(self) -> int:
        return len(self.labels) - 1


def make_buckets(values: FloatArray, grades: tuple[tuple[float, str], ...] = ()) -> Buckets:
    """Sorts each session's stocks: by grade if there are `grades`, by value if there are ten at most, else by decile.

    values: sessions x symbols; NaN is in no bucket and moves nobody.
    grades: the lowest value of each grade, best first, as `Rating.grades`.
    """
    if grades:
        lowest = np.array([least for least, _ in reversed(grades)])
        codes = np.searchsorted(lowest, values, side="right") - 1
        return Buckets(tuple(name for _, name in reversed(grades)), np.where(missing(values), -1, codes))
    distinct = np.unique(values[~missing(values)])
    if 0 < len(distinct) <= DECILES:
        labels = tuple(f"{value:g}" for value in distinct)
        return Buckets(labels, np.where(missing(values), -1, np.searchsorted(distinct, values)))
    return Buckets(tuple(str(decile + 1) for decile in range(DECILES)), _deciles(values))


def _deciles(values: FloatArray) -> IntArray:
    """Tenths of each row by rank; equals share a decile, so that they may be of unequal size, or empty.

    The weakest of a row are always in the first decile and the strongest in the last, however many are equal: a third
    of all stocks may share the lowest EPS Rating.
    """
    ranks = pd.DataFrame(values).rank(axis="columns", method="average").to_numpy(dtype=np.float64)
    count = (~missing(values)).sum(axis=1, keepdims=True)
    share = (ranks - 0.5) / np.maximum(count, 1)
    codes = np.floor(share * DECILES)
    weakest, strongest = (pd.DataFrame(ranks).agg(end, axis="columns").to_numpy()[:, None] for end in ("min", "max"))
    codes = np.where((ranks == weakest) & (weakest < strongest), 0.0, codes)
    codes = np.where((ranks == strongest) & (weakest < strongest), DECILES - 1.0, codes)
    return np.where(missing(ranks), -1.0, codes).astype(np.int64)
