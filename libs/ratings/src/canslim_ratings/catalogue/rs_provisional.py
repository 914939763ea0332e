"""The provisional RS Rating of young stocks, as `rate_strength` found it."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import missing
from canslim_ratings.catalogue import rs_rating
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.facts import Facts


def compute(facts: Facts, before: Ratings) -> Rated:
    """Takes the rating over from `facts.rs`."""
    value = facts.strengths["rs_provisional"].to_numpy(dtype=np.float64)
    full = before["rs_rating"]
    why = full.reason.copy()
    why[full.reason == "short_history"] = "too_short"
    why[~missing(full.value)] = "rated"
    return Rated.because(value, why, {})


RATING: Final = Rating(
    name="rs_provisional",
    title="Provisional RS Rating",
    version="rs-provisional.1",
    unit="rating 1 to 99",
    definition="For stocks too young for an RS Rating: where the returns that exist would place them.",
    formula=(
        "raw of the windows that exist, from 63 sessions up, their weights scaled up to one; 1 + floor(98 x share + "
        "1/2), where share is that of the rated stocks with a lower raw (equals count half)."
    ),
    source="Ours; it is placed among the RS Ratings and moves none of them.",
    worked="{value:g} among the RS Ratings",
    missing={
        "rated": "has an RS Rating",
        "too_short": "no price 63 sessions ago, or not eligible, or nobody is rated to be placed among",
        **{code: text for code, text in rs_rating.RATING.missing.items() if code != "short_history"},
    },
    reads=("rs",),
    builds_on=("rs_rating",),
    compute=compute,
)
