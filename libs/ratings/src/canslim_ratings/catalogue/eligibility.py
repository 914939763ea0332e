"""Who is compared with others, and the reasons that several ratings share."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from canslim_ratings.catalogue.rating import Cases
from canslim_ratings.facts import Facts

#: Codes of `unranked`.
UNRANKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no_price": "no price at the session",
        "not_eligible": "listed no more, or not to be rated",
        "unrated": "the stage that rates strength does not know the symbol",
    }
)
#: Codes of `criteria.growth.absence`, for quarters.
NO_QUARTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "conflicting_filings": "the filings under this symbol are those of two companies",
        "no_filings": "no quarter is known",
        "stale_filings": "the newest quarter ended over 270 days ago",
    }
)
#: How a rating follows from a rank, for `worked`.
RANKED: Final = "rank {rank:g} of {ranked:g}: 1 + floor(98 x ({rank:g} - 1) / ({ranked:g} - 1) + 1/2) = {value:g}"
ALONE: Final[Mapping[str, str]] = MappingProxyType({"alone": "nobody else to be compared with"})


def unranked(facts: Facts) -> Cases:
    """Names those who are compared with nobody, whatever is known of them."""
    reasons = facts.strength_reasons
    return [
        (facts.not_priced, "no_price"),
        (np.asarray(reasons == "not_eligible", dtype=np.bool_), "not_eligible"),
        (np.asarray(reasons == "unrated", dtype=np.bool_), "unrated"),
    ]
