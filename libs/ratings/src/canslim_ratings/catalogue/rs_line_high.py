"""Whether the RS line is at its high of 252 sessions."""

from typing import Final

import numpy as np

from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.facts import Facts
from canslim_ratings.rs_line import MINIMUM_SESSIONS, RSLine

FLAG: Final = ((1.0, "yes"), (0.0, "no"))
MISSING: Final = {
    "no_benchmark": "the benchmark has no close at the session, or was not given",
    "no_price": "no price at the session",
    "suspect": "a day move above 40 % in a year without a known action: a missed split or a bad print",
    "short_history": f"under {MINIMUM_SESSIONS} sessions with a price and a benchmark",
}


def compute(facts: Facts, _: Ratings) -> Rated:
    """Gives 1 at the high, else 0."""
    found = RSLine.of(facts)
    return Rated.where(
        found.at_high.astype(np.float64),
        [
            (np.full(len(found.line), found.no_benchmark), "no_benchmark"),
            (facts.not_priced, "no_price"),
            (facts.suspect, "suspect"),
            (found.sessions < MINIMUM_SESSIONS, "short_history"),
        ],
        {
            "rs_line": found.line,
            "rs_line_high_252": found.highest,
            "close": found.close,
            "close_high_252": found.price_high,
            "price_at_high": found.price_at_high,
            "sessions": found.sessions,
        },
    )


RATING: Final = Rating(
    name="rs_line_high",
    title="RS line at its high",
    version="rs-line-high.1",
    unit="1 yes, 0 no",
    definition="The stock against the market stands as high as it did in a year.",
    formula="RS line = close / close of the benchmark; 1 if the session's is the highest of 252 sessions, else 0.",
    source="IBD's RS line, a plain ratio; its charts mark the new high.",
    worked="line {rs_line:.4f}, the highest of {sessions:g} sessions {rs_line_high_252:.4f}: {grade}",
    missing=MISSING,
    reads=("close", "rs", "benchmark"),
    low=0.0,
    high=1.0,
    grades=FLAG,
    compute=compute,
)
