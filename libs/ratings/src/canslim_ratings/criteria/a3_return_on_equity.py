"""A3: return on equity of the last four quarters."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import (
    BoolArray,
    DateArray,
    FloatArray,
    any_of,
    divide,
    first_reason,
    interpolate,
    missing,
    verdict,
    without_dust,
)
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.criteria.growth import FRESH_QUARTER, NO_QUARTERS, absence
from canslim_ratings.facts import Facts
from canslim_ratings.periods import Periods

PASS_PCT: Final = 17.0
STEPS_PCT: Final = (8.0, 17.0, 25.0)
POINTS: Final = (0.0, 3.0, 4.0)


def judge(facts: Facts) -> Verdicts:
    """Scores net income of four quarters over average equity in percent: 0 points at 8, 3 at 17, 4 from 25.

    Income: the four newest quarters. Equity: the mean of what is reported at the newest quarter's end and a year
    before it. Where one of these is missing and the newest period is a year, that year's and the year's before.
    Not available: `no_filings`, `stale_filings` (what it is taken from ended over 270 days ago),
    `conflicting_filings`, `not_reported`, `negative_equity` (zero or less at either end).
    """
    quarters, years = facts.statements.quarters, facts.statements.years
    of_quarters = _income(quarters), quarters.figure("equity", 0), _year_ago(quarters, 4)
    of_year = years.figure("net_income", 0), years.figure("equity", 0), _year_ago(years, 1)
    from_year = _year_is_newest(quarters, years) & missing(sum(of_quarters, np.zeros(len(facts.symbols))))
    income, end, start = (np.where(from_year, year, own) for year, own in zip(of_year, of_quarters, strict=True))
    period_end: DateArray = np.where(from_year, years.period_end[:, 0], quarters.period_end[:, 0])
    cases = [
        *_absence(facts, from_year),
        (np.asarray(np.isnan(income) | np.isnan(end)), "not_reported"),
        ((end <= 0) | (start <= 0), "negative_equity"),
        (np.asarray(np.isnan(start)), "not_reported"),
    ]
    value = np.where(any_of(cases), np.nan, without_dust(divide(income, (end + start) / 2.0) * 100.0))
    return verdicts(
        interpolate(value, STEPS_PCT, POINTS),
        most=POINTS[-1],
        passed=verdict(value, value >= PASS_PCT),
        value=value,
        reason=first_reason(len(value), cases),
        inputs={
            "net_income_four_quarters": income,
            "period_end": period_end,
            "equity": end,
            "equity_year_ago": start,
            "from_annual_report": from_year,
        },
    )


def _absence(facts: Facts, from_year: BoolArray) -> list[tuple[BoolArray, str]]:
    """Why what is taken, the year's figures or the quarters', may not be used."""
    of_quarters = absence(facts, facts.statements.quarters, FRESH_QUARTER)
    of_year = absence(facts, facts.statements.years, FRESH_QUARTER)
    return [(np.where(from_year, year, own), code) for (own, code), (year, _) in zip(of_quarters, of_year, strict=True)]


def _income(quarters: Periods) -> FloatArray:
    """Sum of the four newest quarters; NaN if one is missing."""
    total: FloatArray = quarters.figures["net_income"][:, :4].sum(axis=1)
    return total


def _year_is_newest(quarters: Periods, years: Periods) -> BoolArray:
    newest = years.period_end[:, 0]
    return np.asarray(~np.isnat(newest) & ~(newest < quarters.period_end[:, 0]))


def _year_ago(periods: Periods, back: int) -> FloatArray:
    """Equity `back` periods ago, where that is a year."""
    return np.where(periods.years_apart(0, back, 1), periods.figure("equity", back), np.nan)


CRITERION: Final = Criterion(
    id="A3",
    letter="A",
    title="Return on equity",
    points=POINTS[-1],
    unit="%",
    threshold="net income of four quarters is 17 % or more of average equity",
    version="a3.3",
    worked=(
        "Net income of {net_income_four_quarters:big} in the year to {period_end}. On average equity of "
        "{equity_year_ago:big} to {equity:big} that is {value:.0f} %."
    ),
    remarks={
        **NO_QUARTERS,
        "no_filings": "neither four quarters nor a year are known",
        "stale_filings": f"the newest quarter, or year, ended over {FRESH_QUARTER} days ago",
        "not_reported": "income or equity of one of the periods is not reported",
        "negative_equity": "equity is zero or less",
    },
    judge=judge,
)
