"""The strength of a stock's industry group among all groups."""

from typing import Final

import numpy as np

from canslim_ratings.catalogue.eligibility import RANKED
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.facts import Facts
from canslim_ratings.industry_groups import MINIMUM_MEMBERS

MISSING: Final = {
    "no_price": "no price at the session",
    "group_unknown": "the industry is unknown",
    "small_group": f"under {MINIMUM_MEMBERS} members have an RS Rating",
    "one_group": "no other group to be compared with",
}


def compute(facts: Facts, _: Ratings) -> Rated:
    """Gives every member the rating of its group; members without an RS Rating count for nothing in it."""
    groups = facts.group_strength
    return Rated.where(
        groups.rating,
        [
            (facts.not_priced, "no_price"),
            (facts.groups < 0, "group_unknown"),
            (groups.small, "small_group"),
            (np.full(len(groups.mean), groups.count < 2), "one_group"),
        ],
        {
            "group": facts.group_names,
            "mean_raw": groups.mean,
            "rated_members": groups.members,
            "rank": groups.rank,
            "ranked": np.full(len(groups.mean), float(groups.count)),
        },
    )


RATING: Final = Rating(
    name="group_rs",
    title="Group RS",
    version="group-rs.1",
    unit="rating 1 to 99",
    definition="How the stock's industry did over twelve months against all other industries.",
    formula=(
        "mean of the raw of the RS Rating over the group's rated members, two at least; groups are ranked and spread "
        "over 1 to 99 as stocks are. Every member has its group's rating."
    ),
    source=(
        "IBD ranks 197 groups by six months of price; its groups and formula are its own. Ours follows the RS Rating."
    ),
    worked="{group}: mean raw {mean_raw:.4f} of {rated_members:g} stocks, " + RANKED,
    missing=MISSING,
    reads=("close", "rs", "group"),
    compute=compute,
)
