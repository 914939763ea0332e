"""C3: earnings growth of the newest quarter against that of the quarter before."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import any_of, first_reason, missing, verdict
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.criteria.growth import FRESH_QUARTER, NO_QUARTERS, absence, eps_growth
from canslim_ratings.facts import Facts

POINTS: Final = 3.0


def judge(facts: Facts) -> Verdicts:
    """Gives 3 points if growth rose and was above zero in both quarters, else 0. Value: percentage points.

    Not available: `no_filings`, `stale_filings`, `conflicting_filings`, or `growth_unknown` (a growth is missing:
    a figure not reported, no quarter a year ago, or earnings a year ago not above zero).
    """
    quarters = facts.statements.quarters
    newest, before = eps_growth(quarters, 0, 4), eps_growth(quarters, 1, 5)
    now_pct, before_pct = newest.growth_pct, before.growth_pct
    cases = [
        *absence(facts, quarters, FRESH_QUARTER),
        (missing(now_pct) | missing(before_pct), "growth_unknown"),
    ]
    value = np.where(any_of(cases), np.nan, now_pct - before_pct)
    passed = verdict(value, (now_pct > before_pct) & (before_pct > 0))
    return verdicts(
        passed * POINTS,
        most=POINTS,
        passed=passed,
        value=value,
        reason=first_reason(len(value), cases),
        inputs={
            "growth_pct": now_pct,
            "quarter_end": quarters.period_end[:, 0],
            "growth_pct_quarter_before": before_pct,
            "quarter_end_before": quarters.period_end[:, 1],
        },
    )


CRITERION: Final = Criterion(
    id="C3",
    letter="C",
    title="Earnings acceleration",
    points=POINTS,
    unit="percentage points",
    threshold="earnings growth above that of the quarter before, and that above zero",
    version="c3.1",
    worked=("Earnings grew by {growth_pct:+.0f} %, in the quarter before by {growth_pct_quarter_before:+.0f} %."),
    remarks={**NO_QUARTERS, "growth_unknown": "one of the two growths is unknown: not reported, or a loss a year ago"},
    judge=judge,
)
