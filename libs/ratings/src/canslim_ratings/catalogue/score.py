"""The CAN SLIM score, as `can_slim.score` found it."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import missing
from canslim_ratings.can_slim import FORMULA
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.facts import Facts


def compute(_: Facts, before: Ratings) -> Rated:
    """Takes the score over from the card."""
    table = before.card.table
    value = table["score"].to_numpy(dtype=np.float64)
    return Rated.where(
        value,
        [(missing(value), "nothing_available")],
        {
            "earned": table["earned"].to_numpy(dtype=np.float64),
            "available": table["available"].to_numpy(dtype=np.float64),
            "graded": table["graded"].to_numpy(dtype=np.bool_),
            "not_graded": table["reason"].to_numpy(dtype=object),
        },
    )


RATING: Final = Rating(
    name="score",
    title="CAN SLIM score",
    version=FORMULA,
    unit="% of available points",
    definition="How well the stock meets William O'Neil's seven criteria, as far as the data can judge them.",
    formula="100 x points earned / points available, over the 15 criteria of the rubric.",
    source=(
        "Thresholds are O'Neil's and IBD's published rules; no official score exists, points and steps are ours. Not "
        "graded, so not to be compared, without C1 and L1 or under a coverage of 0.70."
    ),
    worked="100 x {earned:.2f} / {available:.2f} = {value:.1f}",
    missing={"nothing_available": "no criterion could be judged"},
    reads=("close", "high", "volume", "rs", "filings", "splits", "group", "ownership", "market"),
    low=0.0,
    high=100.0,
    decimals=1,
    compute=compute,
)
