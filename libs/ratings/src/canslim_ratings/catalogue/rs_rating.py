"""The RS Rating, as `rate_strength` found it."""

from typing import Final

import numpy as np

from canslim_ratings.catalogue.eligibility import RANKED
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.facts import Facts
from canslim_ratings.percentile import Ranking
from canslim_ratings.relative_strength import REASONS
from canslim_ratings.rs_variants import CALENDAR_63


def compute(facts: Facts, _: Ratings) -> Rated:
    """Takes the rating over from `facts.rs`; inputs: the weighted return, a fraction, and its rank."""
    value = facts.strengths["rs_rating"].to_numpy(dtype=np.float64)
    raw = facts.strengths["rs_raw"].to_numpy(dtype=np.float64)
    ranking = Ranking.of(np.where(np.isnan(value), np.nan, raw))
    filled = facts.strengths["anchor_filled"].fillna(False).to_numpy(dtype=np.bool_)
    return Rated(value, facts.strength_reasons, {"raw": raw, **ranking.inputs, "anchor_filled": filled})


RATING: Final = Rating(
    name="rs_rating",
    title="RS Rating",
    version=CALENDAR_63.version,
    unit="rating 1 to 99",
    definition="How the price did over twelve months against all other stocks, the last three months counting double.",
    formula=(
        "raw = 0.4 R63 + 0.2 R126 + 0.2 R189 + 0.2 R252, where Rn is the close at the session over the close n "
        "sessions of the exchange calendar before, less 1; ranked from the weakest, ties sharing the average rank: 1 + "
        "floor(98 (rank - 1) / (ranked - 1) + 1/2). An anchor without a price takes one up to five sessions older."
    ),
    source=(
        "The weights are MarketSmith's glossary; universe, anchors, adjustment and ties were never published, and are "
        "ours. Other readings are in `VARIANTS`."
    ),
    worked="raw {raw:.4f}, " + RANKED,
    missing=REASONS,
    reads=("rs",),
    compute=compute,
)
