"""From raw scores to ratings 1 (weakest) to 99 (strongest)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from canslim_ratings.arrays import FloatArray, divide


def average_ranks(scores: FloatArray) -> FloatArray:
    """Ranks `scores` upwards from 1; ties share their average rank; NaN stays NaN and counts for nothing."""
    return np.asarray(pd.Series(scores).rank(method="average"), dtype=np.float64)


def spread_over_ranks(ranks: FloatArray, count: int) -> FloatArray:
    """Maps ranks onto 1 + floor(98 (rank - 1) / (count - 1) + 1/2).

    The best of two or more is 99 and the worst 1. A lone stock has nobody to be compared with and gets NaN.
    """
    if count < 2:
        return np.full_like(ranks, np.nan)
    return 1.0 + np.floor(98.0 * (ranks - 1.0) / (count - 1) + 0.5)


def half_even_of_share(ranks: FloatArray, count: int) -> FloatArray:
    """Maps ranks onto round(98 rank / count + 1), half to even, as PyPI ibd-rs-rating does.

    The worst of a few stocks is above 1 here. A lone stock gets NaN.
    """
    if count < 2:
        return np.full_like(ranks, np.nan)
    return np.round(ranks / count * 98.0 + 1.0)


def among(scores: FloatArray, ranked: FloatArray) -> FloatArray:
    """Rates each of `scores` 1 to 99 by the share of `ranked` below it (equals count half).

    Moves none of `ranked`, and the scores do not see each other. NaN where a score is, or if `ranked` is empty.
    """
    order = np.sort(ranked[~np.isnan(ranked)])
    if len(order) == 0:
        return np.full_like(scores, np.nan)
    below = np.searchsorted(order, scores, side="left")
    through = np.searchsorted(order, scores, side="right")
    rating = 1.0 + np.floor(98.0 * (below + through) / 2.0 / len(order) + 0.5)
    return np.where(np.isnan(scores), np.nan, rating)


@dataclass(frozen=True)
class Ranking:
    """Places among those that have a score.

    ranks: 1 is the lowest score; ties share their average; NaN without a score. count: how many have one.
    """

    ranks: FloatArray
    count: int

    @classmethod
    def of(cls, scores: FloatArray) -> Self:
        """Ranks `scores`; NaN is not ranked and moves nobody."""
        return cls(average_ranks(scores), int((~np.isnan(scores)).sum()))

    @property
    def rating(self) -> FloatArray:
        """1 to 99; NaN for all if only one is ranked."""
        return spread_over_ranks(self.ranks, self.count)

    @property
    def place(self) -> FloatArray:
        """The rating before it is rounded, so that few are alike."""
        if self.count < 2:
            return np.full_like(self.ranks, np.nan)
        return 1.0 + 98.0 * (self.ranks - 1.0) / (self.count - 1)

    @property
    def inputs(self) -> dict[str, FloatArray]:
        """What explains a rating: `rank` from the weakest, and `ranked`, the number of those compared."""
        return {"rank": self.ranks, "ranked": np.full(len(self.ranks), float(self.count))}


def weighted_mean(parts: Sequence[FloatArray], weights: Sequence[float]) -> tuple[FloatArray, FloatArray]:
    """The mean of the parts that exist, element by element, and the share of the weight that they carry.

    NaN where no part exists. The share is 0 to 1.
    """
    stacked = np.stack(parts)
    weight = np.where(np.isnan(stacked), 0.0, np.array(weights)[:, None])
    carried = weight.sum(axis=0)
    return divide((np.nan_to_num(stacked) * weight).sum(axis=0), carried), carried / sum(weights)
