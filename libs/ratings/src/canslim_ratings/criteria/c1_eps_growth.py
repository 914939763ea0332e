"""C1: earnings per share of the newest quarter against the same quarter a year ago."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import any_of, first_reason, interpolate
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.criteria.growth import FRESH_QUARTER, NO_QUARTERS, absence, eps_growth
from canslim_ratings.facts import Facts

PASS_PCT: Final = 25.0
STEPS_PCT: Final = (0.0, 15.0, 25.0, 40.0)
POINTS: Final = (0.0, 6.0, 9.0, 12.0)
#: From a loss to a profit has no percentage; it counts as growth that just passes.
TURNAROUND_POINTS: Final = 9.0


def judge(facts: Facts) -> Verdicts:
    """Scores growth in percent: 0 points at 0, 6 at 15, 9 at 25, 12 from 40.

    Not available: `no_filings`, `stale_filings` (newest quarter over 270 days old), `conflicting_filings`,
    `no_year_ago` (no quarter a year, give or take 20 days, before it), `not_reported` (either figure).
    Remarks: `turnaround` passes with 9 points and no value; `both_negative` fails with 0.
    """
    quarters = facts.statements.quarters
    growth = eps_growth(quarters, 0, 4)
    cases = [
        *absence(facts, quarters, FRESH_QUARTER),
        (~growth.comparable, "no_year_ago"),
        (growth.unknown, "not_reported"),
    ]
    absent = any_of(cases)
    value = np.where(absent, np.nan, growth.growth_pct)
    points = interpolate(value, STEPS_PCT, POINTS)
    points = np.where(~absent & growth.turnaround, TURNAROUND_POINTS, points)
    points = np.where(~absent & growth.both_negative, 0.0, points)
    return verdicts(
        points,
        most=POINTS[-1],
        passed=((value >= PASS_PCT) | growth.turnaround).astype(np.float64),
        value=value,
        reason=first_reason(
            len(value),
            [*cases, (growth.turnaround, "turnaround"), (growth.both_negative, "both_negative")],
        ),
        inputs={
            "eps": growth.now,
            "quarter_end": quarters.period_end[:, 0],
            "known_on": quarters.known_on[:, 0],
            "derived": quarters.derived[:, 0],
            "eps_year_ago": growth.base,
            "quarter_end_year_ago": quarters.period_end[:, 4],
        },
    )


CRITERION: Final = Criterion(
    id="C1",
    letter="C",
    title="Quarterly earnings growth",
    points=POINTS[-1],
    unit="%",
    threshold="earnings per share up 25 % or more on the same quarter a year ago",
    version="c1.1",
    worked=(
        "Earnings of {eps:.2f} a share in the quarter to {quarter_end}, against {eps_year_ago:.2f} a "
        "year before. That is {value:+.0f} %."
    ),
    remarks={
        **NO_QUARTERS,
        "no_year_ago": "no quarter is known a year before the newest",
        "not_reported": "earnings per share of one of the two quarters are not reported",
        "turnaround": "from a loss to a profit: no percentage, counted as growth that just passes",
        "both_negative": "a loss in both quarters",
    },
    judge=judge,
)
