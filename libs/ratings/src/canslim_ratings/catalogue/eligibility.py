"""Who is compared with others, and the reasons that several ratings share."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from canslim_ratings.catalogue.rating import Cases
from canslim_ratings.facts import Facts
from canslim_ratings.relative_strength import REASONS

#: Codes of `unranked`.
UNRANKED: Final[Mapping[str, str]] = MappingProxyType(
    {code: REASONS[code] for code in ("no_price", "not_eligible", "unrated")}
)
#: How a rating follows from a rank, for `worked`.
RANKED: Final = "rank {rank:g} of {ranked:g}: 1 + floor(98 x ({rank:g} - 1) / ({ranked:g} - 1) + 1/2) = {value:g}"
ALONE: Final[Mapping[str, str]] = MappingProxyType({"alone": REASONS["alone"]})


def unranked(facts: Facts) -> Cases:
    """Names those who are compared with nobody, whatever is known of them."""
    reasons = facts.strength_reasons
    return [
        (facts.not_priced, "no_price"),
        (np.asarray(reasons == "not_eligible", dtype=np.bool_), "not_eligible"),
        (np.asarray(reasons == "unrated", dtype=np.bool_), "unrated"),
    ]
