"""Quarterly reports of a company, in the shares of the market's first day, and the years made of them."""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from math import exp

import numpy as np

from tests.yahoo.changes import Quarter
from tests.yahoo.companies import Company
from tests.yahoo.hours import NEW_YORK, Hours
from tests.yahoo.spec import MarketSpec

#: Reports go back so many months before the market's first now: five whole fiscal years.
MONTHS = 74
#: The same before the first session of companies listed later than that.
MONTHS_BEFORE_LISTING = 27
BEFORE_OPEN, AFTER_CLOSE = time(7), time(16, 5)


@dataclass(frozen=True)
class Year:
    """Four quarters added up; equity and shares are those of the last one."""

    period_end: date
    announced: datetime
    fiscal_year: int
    revenue: float
    net_income: float
    equity: float
    diluted_eps: float
    basic_eps: float
    diluted_shares: float
    basic_shares: float


@dataclass(frozen=True)
class Reports:
    """What is known at one moment, in the shares of that moment, oldest first; `next` is due after it."""

    quarters: tuple[Quarter, ...]
    years: tuple[Year, ...]
    next: datetime | None


def quarters_of(company: Company, hours: Hours, spec: MarketSpec) -> list[Quarter]:
    """Every report to the end of the market, oldest first."""
    if not company.reports or company.quote_type != "EQUITY":
        return []
    random = np.random.default_rng([spec.seed, 3, company.number])
    ends = _quarter_ends(company, hours, spec.now.date())
    # Plain floats: numpy's are slow one by one, and JSON writers refuse them.
    growth, margin = 0.02 + 0.03 * float(random.standard_normal()), 0.1 + 0.08 * float(random.standard_normal())
    season, quick = (0.2 * random.standard_normal(4)).tolist(), int(random.integers(20, 45))
    noise = random.standard_normal((len(ends), 3)).tolist()
    first = company.price * company.shares * float(random.uniform(0.04, 0.25))
    equity = company.price * company.shares * float(random.uniform(0.15, 0.5))
    quarters = []
    for n, (end, quarter, year) in enumerate(ends):
        revenue = round(first * exp(growth * (n - 12) + season[quarter - 1] + 0.05 * noise[n][0]), -3)
        income = round(revenue * (margin + 0.03 * noise[n][1]), -3)
        equity = round(max(equity + 0.6 * income, 0.02 * company.price * company.shares), -3)
        basic = round(company.shares * (1 - 0.002 * (n - 12)))
        diluted = round(basic * 1.015)
        eps = income / diluted
        estimate = eps - (abs(eps) + 0.02) * 0.06 * noise[n][2]
        delay = quick + 12 * (quarter == 4)
        quarters.append(
            Quarter(
                company.symbol, end, _announced(end, delay, company, hours), year, quarter, revenue, income, equity,
                round(eps, 2), round(income / basic, 2), float(diluted), float(basic), round(estimate, 2),
            )
        )  # fmt: skip
    return quarters


def in_shares_of(quarter: Quarter, factor: float) -> Quarter:
    """With `factor` times the price a share, hence as many earnings a share and the inverse count of shares."""
    if factor == 1:
        return quarter
    return replace(
        quarter,
        diluted_eps=round(quarter.diluted_eps * factor, 4),
        basic_eps=round(quarter.basic_eps * factor, 4),
        estimated_eps=round(quarter.estimated_eps * factor, 4),
        diluted_shares=float(round(quarter.diluted_shares / factor)),
        basic_shares=float(round(quarter.basic_shares / factor)),
    )


def as_reported(quarter: Quarter, factor: float) -> Quarter:
    """In the shares of its day, earnings a share in whole cents."""
    if factor == 1:
        return quarter
    then = in_shares_of(quarter, factor)
    cents = {name: round(getattr(then, name), 2) for name in ("diluted_eps", "basic_eps", "estimated_eps")}
    return replace(then, **cents)


def newest_of_each(quarters: Iterable[Quarter]) -> tuple[Quarter, ...]:
    """Of every period the report announced last, oldest period first."""
    by_period: dict[date, Quarter] = {}
    for quarter in sorted(quarters, key=lambda quarter: quarter.announced):
        by_period[quarter.period_end] = quarter
    return tuple(by_period[end] for end in sorted(by_period))


def years_of(quarters: Sequence[Quarter]) -> tuple[Year, ...]:
    """The fiscal years all four quarters of which are there, oldest first."""
    years = []
    for last in (quarter for quarter in quarters if quarter.fiscal_quarter == 4):
        four = [quarter for quarter in quarters if quarter.fiscal_year == last.fiscal_year]
        if len(four) == 4:
            years.append(
                Year(
                    last.period_end, max(quarter.announced for quarter in four), last.fiscal_year,
                    sum(quarter.revenue for quarter in four), sum(quarter.net_income for quarter in four),
                    last.equity, round(sum(quarter.diluted_eps for quarter in four), 4),
                    round(sum(quarter.basic_eps for quarter in four), 4), last.diluted_shares, last.basic_shares,
                )
            )  # fmt: skip
    return tuple(years)


def _quarter_ends(company: Company, hours: Hours, now: date) -> list[tuple[date, int, int]]:
    """The last day, number and fiscal year of each quarter."""
    listed, last = hours.day(company.listed), hours.day(len(hours.days) - 1)
    first = max(_months(now) - MONTHS, _months(listed) - MONTHS_BEFORE_LISTING)
    ends = []
    for year, month in (divmod(months, 12) for months in range(first, _months(last))):
        after = (month + 1 - company.year_end) % 12
        if after % 3 == 0:
            end = date(year, month + 1, calendar.monthrange(year, month + 1)[1])
            ends.append((end, after // 3 or 4, year + (month + 1 > company.year_end)))
    return ends


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _announced(end: date, delay: int, company: Company, hours: Hours) -> datetime:
    day = end + timedelta(days=delay)
    number = int(np.searchsorted(hours.days, np.datetime64(day, "D")))
    if 0 < number < len(hours.days):
        day = hours.day(number)
    return datetime.combine(day, BEFORE_OPEN if company.number % 2 else AFTER_CLOSE, NEW_YORK)
