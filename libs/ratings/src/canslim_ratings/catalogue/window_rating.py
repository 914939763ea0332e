"""A rating of the return over one window; what 3- and 6-month RS share."""

import numpy as np

from canslim_ratings.arrays import any_of, in_any_row, missing
from canslim_ratings.catalogue.eligibility import ALONE, RANKED, UNRANKED, unranked
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.facts import Facts
from canslim_ratings.percentile import Ranking
from canslim_ratings.price_windows import anchors, starts_later


def window_rating(name: str, *, months: int, look_back: int) -> Rating:
    """Makes the rating of the return of `look_back` sessions, which people call `months` months."""

    def compute(facts: Facts, _: Ratings) -> Rated:
        closes = facts.closes
        (start,), (filled,) = anchors(closes, (look_back,))
        raw = closes[-1] / start - 1.0
        # A jump that `rs` let pass has a known action; what made a year suspect may lie before this window.
        suspect = facts.suspect & in_any_row(facts.unexplained_jumps[-look_back:])
        cases = [
            *unranked(facts),
            (suspect, "suspect"),
            (starts_later(closes, look_back), "short_history"),
            (missing(raw), "missing_anchor"),
        ]
        ranking = Ranking.of(np.where(any_of(cases), np.nan, raw))
        return Rated.where(
            ranking.rating,
            [*cases, (missing(ranking.rating), "alone")],
            {"close": closes[-1], "close_then": start, "return": raw, **ranking.inputs, "anchor_filled": filled},
        )

    return Rating(
        name=name,
        title=f"{months}-month RS",
        version=f"{name.replace('_', '-')}.2",
        unit="rating 1 to 99",
        definition=f"How the price did over {months} months against all other stocks.",
        formula=(
            f"return = close / close {look_back} sessions before - 1, anchored, ranked and spread over 1 to 99 as the "
            "RS Rating is."
        ),
        source=(
            "Peers publish the same (rs-log, xang1234); windows of IBD's own 3- and 6-month ratings were never "
            "published."
        ),
        worked="{close:.2f} / {close_then:.2f} - 1 = {return:.4f}, " + RANKED,
        missing={
            **UNRANKED,
            "suspect": "a day move above 40 % within the window without a known action",
            "short_history": f"no price {look_back} sessions ago or before",
            "missing_anchor": f"no price {look_back} sessions ago, nor in the five sessions before",
            **ALONE,
        },
        reads=("close", "rs", "splits"),
        compute=compute,
    )
