"""S2: how many shares there are to buy, and whether they become fewer."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import any_of, first_reason, missing, verdict
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.facts import Facts
from canslim_ratings.ownership import NO_OWNERSHIP

SMALL_FLOAT: Final = 100e6
MEDIUM_FLOAT: Final = 500e6
POINTS: Final = 3.0
MEDIUM_POINTS: Final = 1.5


def judge(facts: Facts) -> Verdicts:
    """Gives 3 points for a float up to 100 million shares or fewer shares than a year ago, 1.5 up to 500 million.

    Value: the float, or the shares outstanding where it is unknown. Shares fell: outstanding now against the
    snapshot 320 to 410 days older, both in shares of today; unknown counts as no.
    Not available: `no_ownership` (no snapshot), `stale_ownership` (it is over 200 days old), `not_reported` (neither
    float nor shares in it).
    """
    now, year_ago = facts.holdings.now, facts.holdings.year_ago
    outstanding = now.figures["shares_outstanding"]
    floating = now.figures["shares_float"]
    shares = np.where(np.isnan(floating), outstanding, floating)
    cases = [*facts.holdings.absence(), (missing(shares), "not_reported")]
    value = np.where(any_of(cases), np.nan, shares)
    fewer = outstanding < year_ago.figures["shares_outstanding"]
    small = (value <= SMALL_FLOAT) | fewer
    points = np.where(small, POINTS, np.where(value <= MEDIUM_FLOAT, MEDIUM_POINTS, 0.0))
    return verdicts(
        np.where(np.isnan(value), np.nan, points),
        most=POINTS,
        passed=verdict(value, small),
        value=value,
        reason=first_reason(len(value), cases),
        inputs={
            "as_of": now.as_of,
            "shares_float": floating,
            "shares_outstanding": outstanding,
            "shares_outstanding_year_ago": year_ago.figures["shares_outstanding"],
            "as_of_year_ago": year_ago.as_of,
        },
    )


CRITERION: Final = Criterion(
    id="S2",
    letter="S",
    title="Supply of shares",
    points=POINTS,
    unit="shares",
    threshold="a float of 100 million shares or less, or fewer shares than a year ago",
    version="s2.2",
    worked=(
        "{value:big} shares can be traded. {shares_outstanding:big} shares outstanding, a year before "
        "{shares_outstanding_year_ago:big}."
    ),
    remarks={
        **NO_OWNERSHIP,
        "not_reported": "neither float nor shares outstanding are reported",
    },
    judge=judge,
)
