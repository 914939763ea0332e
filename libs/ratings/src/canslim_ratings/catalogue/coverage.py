"""How much of the rubric could be judged."""

from typing import Final

import numpy as np

from canslim_ratings.can_slim import FORMULA
from canslim_ratings.catalogue import score
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.facts import Facts


def compute(_: Facts, before: Ratings) -> Rated:
    """Takes the coverage over from the card; it is never missing."""
    table = before.card.table
    available = table["available"].to_numpy(dtype=np.float64)
    return Rated.where(table["coverage"].to_numpy(dtype=np.float64), [], {"available": available})


RATING: Final = Rating(
    name="coverage",
    title="Coverage",
    version=FORMULA,
    unit="share of the rubric",
    definition="How much of the rubric the data could judge. A score means nothing without it.",
    formula="points available / 100.",
    source="Ours.",
    worked="{available:.2f} / 100 = {value:.2f}",
    missing={},
    reads=score.RATING.reads,
    low=0.0,
    high=1.0,
    decimals=2,
    compute=compute,
)
