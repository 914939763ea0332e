"""A2: compound annual growth of earnings per share over three years."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import any_of, divide, first_reason, interpolate, verdict, without_dust
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.criteria.growth import FRESH_YEAR, NO_YEARS, absence
from canslim_ratings.facts import Facts

#: Four year ends have three intervals between them.
INTERVALS: Final = 3
PASS_PCT: Final = 25.0
STEPS_PCT: Final = (0.0, 25.0)
POINTS: Final = (0.0, 3.0)


def judge(facts: Facts) -> Verdicts:
    """Scores the rate in percent a year: 0 points at 0, 3 from 25. A loss now is -100.

    Not available: `no_filings`, `stale_filings`, `conflicting_filings`, `short_history` (no year three years, give
    or take 20 days, before the newest), `not_reported`, `base_not_positive`.
    """
    years = facts.statements.years
    now, base = years.eps(0, INTERVALS)
    cases = [
        *absence(facts, years, FRESH_YEAR),
        (~years.years_apart(0, INTERVALS, INTERVALS), "short_history"),
        (np.asarray(np.isnan(now) | np.isnan(base)), "not_reported"),
        (base <= 0, "base_not_positive"),
    ]
    ratio = np.where(any_of(cases), np.nan, divide(now, base))
    value = without_dust((np.maximum(ratio, 0.0) ** (1.0 / INTERVALS) - 1.0) * 100.0)
    return verdicts(
        interpolate(value, STEPS_PCT, POINTS),
        most=POINTS[-1],
        passed=verdict(value, value >= PASS_PCT),
        value=value,
        reason=first_reason(len(value), cases),
        inputs={
            "eps": now,
            "year_end": years.period_end[:, 0],
            "eps_three_years_ago": base,
            "year_end_three_years_ago": years.period_end[:, INTERVALS],
        },
    )


CRITERION: Final = Criterion(
    id="A2",
    letter="A",
    title="Three-year earnings growth rate",
    points=POINTS[-1],
    unit="% a year",
    threshold="earnings per share up 25 % or more a year, compounded over three years",
    version="a2.1",
    worked=(
        "Earnings of {eps:.2f} a share in the year to {year_end}, against {eps_three_years_ago:.2f} "
        "three years before. That is {value:+.0f} % a year."
    ),
    remarks={
        **NO_YEARS,
        "short_history": "no year is known three years before the newest",
        "not_reported": "earnings per share of one of the two years are not reported",
        "base_not_positive": "earnings three years ago were not above zero",
    },
    judge=judge,
)
