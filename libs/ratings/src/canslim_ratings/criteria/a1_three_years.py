"""A1: annual earnings growth in each of the last three years."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import FloatArray, any_of, first_reason, in_any_row, interpolate
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.criteria.growth import FRESH_YEAR, NO_YEARS, absence, eps_growth
from canslim_ratings.facts import Facts

YEARS: Final = 3
POINTS: Final = 8.0
PASS_PCT: Final = 25.0
#: A year gives a third of the points at 25 % and half of that at 10 %.
STEPS_PCT: Final = (0.0, 10.0, 25.0)
SHARE_OF_YEAR: Final = (0.0, 0.5, 1.0)


def judge(facts: Facts) -> Verdicts:
    """Scores each year in percent: nothing at 0, half at 10, a third of 8 points from 25. Value: the worst year.

    Only years that can be judged are available, a third of the points each. A year without a profit in it or
    before it gets nothing, and as it has no percentage there is no value; one that turned a loss into a profit has no
    percentage either and is left out. Passes if all three years do, fails if one does not, and is neither with fewer
    years that all do.

    Not available: `no_filings`, `stale_filings` (newest year over 540 days old), `conflicting_filings`,
    `no_year_ago` (no year can be judged). Remarks: `both_negative` (a year without a profit in it or before it),
    `fewer_years`.
    """
    years = facts.statements.years
    growths = [eps_growth(years, back, back + 1) for back in range(YEARS)]
    pct = np.stack([growth.growth_pct for growth in growths])
    losses = np.stack([growth.both_negative for growth in growths])
    judged = ~np.isnan(pct) | losses
    cases = absence(facts, years, FRESH_YEAR)
    count = np.where(any_of(cases), 0, judged.sum(axis=0))
    cases.append((count == 0, "no_year_ago"))
    lossy = in_any_row(losses)

    shares = np.nan_to_num(interpolate(pct, STEPS_PCT, SHARE_OF_YEAR)).sum(axis=0)
    reached = ~judged | (pct >= PASS_PCT)
    passed = np.where(reached.all(axis=0), np.where(count == YEARS, 1.0, np.nan), 0.0)
    return verdicts(
        np.where(count > 0, shares * POINTS / YEARS, np.nan),
        most=count * POINTS / YEARS,
        passed=passed,
        value=np.where((count > 0) & ~lossy, _worst(pct), np.nan),
        reason=first_reason(len(count), [*cases, (lossy, "both_negative"), (count < YEARS, "fewer_years")]),
        inputs={
            "year_end": years.period_end[:, 0],
            "known_on": years.known_on[:, 0],
            **{f"growth_pct_{back}": pct[back] for back in range(YEARS)},
            "eps_0": growths[0].now,
            **{f"eps_{back + 1}": growth.base for back, growth in enumerate(growths)},
        },
    )


def _worst(pct: FloatArray) -> FloatArray:
    """The smallest growth of each column; NaN where no year has one."""
    worst: FloatArray = np.fmin.reduce(pct, axis=0)
    return worst


CRITERION: Final = Criterion(
    id="A1",
    letter="A",
    title="Three years of earnings growth",
    points=POINTS,
    unit="%",
    threshold="annual earnings per share up 25 % or more in each of the last three years",
    version="a1.2",
    worked=(
        "Annual earnings of {eps_0:.2f} a share in the year to {year_end}. Against {eps_1:.2f} the year before, that "
        "is {growth_pct_0:+.0f} %. The year before: {growth_pct_1:+.0f} %. Two years before: {growth_pct_2:+.0f} %."
    ),
    remarks={
        **NO_YEARS,
        "no_year_ago": "no year can be compared with the one before",
        "both_negative": "a year without a profit, nor one before it, has no percentage and earns nothing",
        "fewer_years": "fewer than three years can be judged; only those count",
    },
    judge=judge,
)
