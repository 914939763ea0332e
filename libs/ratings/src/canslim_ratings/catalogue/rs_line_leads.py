"""Whether the RS line is at its high before the price is."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import missing
from canslim_ratings.catalogue import rs_line_high
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.facts import Facts


def compute(_: Facts, before: Ratings) -> Rated:
    """Gives 1 where the line is at its high and the price is not, else 0."""
    high = before["rs_line_high"]
    at_high = np.asarray(high.inputs["price_at_high"], dtype=np.bool_)
    value = ((high.value == 1.0) & ~at_high).astype(np.float64)
    return Rated(np.where(missing(high.value), np.nan, value), high.reason, high.inputs)


RATING: Final = Rating(
    name="rs_line_leads",
    title="RS line high before price",
    version="rs-line-leads.1",
    unit="1 yes, 0 no",
    definition=(
        "The stock against the market is at a new high while its price is not yet: it falls less, or turns first."
    ),
    formula="1 if the RS line is at its high of 252 sessions and the close is below its own highest of them, else 0.",
    source="IBD's 'blue dot': RS line at a new high before the price.",
    worked=(
        "line {rs_line:.4f}, its highest {rs_line_high_252:.4f}; "
        "close {close:.2f}, its highest {close_high_252:.2f}: {grade}"
    ),
    missing=rs_line_high.MISSING,
    reads=rs_line_high.RATING.reads,
    low=0.0,
    high=1.0,
    builds_on=("rs_line_high",),
    grades=rs_line_high.FLAG,
    compute=compute,
)
