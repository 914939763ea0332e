"""The strength of industry groups: the mean of their members', and its rank among all groups."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from canslim_ratings.arrays import BoolArray, FloatArray, IntArray, divide, without_dust
from canslim_ratings.percentile import Ranking

#: One stock is no group.
MINIMUM_MEMBERS: Final = 2


@dataclass(frozen=True)
class GroupStrength:
    """The groups of a universe, each as its members see it: one element a symbol.

    mean: of the members' strengths, NaN without one. members: how many have a strength; NaN where the group is
    unknown. rank: of the group among those with two such members or more, 1 is the weakest, ties share the average;
    else NaN. rating: that rank on 1 to 99. count: the groups ranked.
    """

    mean: FloatArray
    members: FloatArray
    rank: FloatArray
    rating: FloatArray
    count: int

    @property
    def small(self) -> BoolArray:
        """The group is known and has under two members with a strength."""
        return np.asarray(self.members < MINIMUM_MEMBERS, dtype=np.bool_)


def rank_groups(groups: IntArray, strength: FloatArray) -> GroupStrength:
    """Ranks groups by the mean strength of their members.

    groups: the number of each symbol's group, -1 where unknown. strength: NaN for who has none; such members
    count for nothing.
    """
    size = int(groups.max(initial=-1)) + 1
    counted = (groups >= 0) & ~np.isnan(strength)
    own, values = groups[counted], strength[counted]
    members = np.bincount(own, minlength=size).astype(np.float64)
    # A sum depends on the order of its terms in the last bits; that must not part equals.
    total = np.bincount(own, weights=values, minlength=size).astype(np.float64)
    mean = without_dust(divide(total, members))
    ranking = Ranking.of(np.where(members >= MINIMUM_MEMBERS, mean, np.nan))

    def to_members(of_groups: FloatArray) -> FloatArray:
        # The last element is what -1 reads.
        return np.append(of_groups, np.nan)[groups]

    return GroupStrength(
        mean=to_members(mean),
        members=to_members(members),
        rank=to_members(ranking.ranks),
        rating=to_members(ranking.rating),
        count=ranking.count,
    )
