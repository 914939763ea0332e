"""C2: revenue of the newest quarter against the same quarter a year ago."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import any_of, first_reason, interpolate, verdict
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.criteria.growth import FRESH_QUARTER, NO_QUARTERS, absence, revenue_growth
from canslim_ratings.facts import Facts

PASS_PCT: Final = 25.0
STEPS_PCT: Final = (0.0, 15.0, 25.0)
POINTS: Final = (0.0, 3.0, 5.0)


def judge(facts: Facts) -> Verdicts:
    """Scores growth in percent: 0 points at 0, 3 at 15, 5 from 25.

    Not available: `no_filings`, `stale_filings`, `conflicting_filings`, `no_year_ago`, `not_reported`,
    `base_not_positive` (revenue a year ago zero or less).
    """
    quarters = facts.statements.quarters
    growth = revenue_growth(quarters, 0, 4)
    cases = [
        *absence(facts, quarters, FRESH_QUARTER),
        (~growth.comparable, "no_year_ago"),
        (growth.unknown, "not_reported"),
        (growth.base <= 0, "base_not_positive"),
    ]
    value = np.where(any_of(cases), np.nan, growth.growth_pct)
    return verdicts(
        interpolate(value, STEPS_PCT, POINTS),
        most=POINTS[-1],
        passed=verdict(value, value >= PASS_PCT),
        value=value,
        reason=first_reason(len(value), cases),
        inputs={
            "revenue": growth.now,
            "quarter_end": quarters.period_end[:, 0],
            "known_on": quarters.known_on[:, 0],
            "derived": quarters.derived[:, 0],
            "revenue_year_ago": growth.base,
            "quarter_end_year_ago": quarters.period_end[:, 4],
        },
    )


CRITERION: Final = Criterion(
    id="C2",
    letter="C",
    title="Quarterly sales growth",
    points=POINTS[-1],
    unit="%",
    threshold="revenue up 25 % or more on the same quarter a year ago",
    version="c2.1",
    worked=(
        "Sales of {revenue:big} in the quarter to {quarter_end}, against {revenue_year_ago:big} a year "
        "before. That is {value:+.0f} %."
    ),
    remarks={
        **NO_QUARTERS,
        "no_year_ago": "no quarter is known a year before the newest",
        "not_reported": "revenue of one of the two quarters is not reported",
        "base_not_positive": "revenue a year ago was not above zero",
    },
    judge=judge,
)
