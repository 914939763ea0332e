"""What quotes and summaries say of a symbol, worked out once."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from tests.yahoo.changes import Quarter
from tests.yahoo.companies import Company
from tests.yahoo.history import History
from tests.yahoo.market import Market
from tests.yahoo.owners import Ownership
from tests.yahoo.reports import Reports
from tests.yahoo.standing import Standing, standing_of

#: A dividend is paid so long after its ex-date.
PAID_AFTER = timedelta(days=21)
#: A report stays the one that is named for so long; the next has only an estimated date until so long before it.
NAMED_FOR, KNOWN_BEFORE = timedelta(days=14), timedelta(days=21)


@dataclass(frozen=True)
class Figures:
    """What has no input is None."""

    market: Market
    company: Company
    history: History
    standing: Standing
    reports: Reports
    shares: int | None

    @property
    def now(self) -> datetime:
        return self.market.now

    @property
    def market_state(self) -> str:
        return self.market.hours.state(self.market.moment)

    @property
    def symbol(self) -> str:
        return self.history.symbol

    @cached_property
    def ownership(self) -> Ownership | None:
        return self.market.ownership(self.company)

    @cached_property
    def last_four(self) -> tuple[Quarter, ...]:
        """The quarters of the last twelve months, none where one is missing."""
        return self.reports.quarters[-4:] if len(self.reports.quarters) >= 4 else ()

    @property
    def market_cap(self) -> int | None:
        return None if self.shares is None else round(self.shares * self.standing.price)

    @property
    def eps(self) -> float | None:
        return round(sum(quarter.diluted_eps for quarter in self.last_four), 4) if self.last_four else None

    @property
    def revenue(self) -> float | None:
        return sum(quarter.revenue for quarter in self.last_four) if self.last_four else None

    @property
    def net_income(self) -> float | None:
        return sum(quarter.net_income for quarter in self.last_four) if self.last_four else None

    @property
    def return_on_equity(self) -> float | None:
        """Of the last twelve months' income to the mean of the equity now and a year ago."""
        if self.net_income is None or len(self.reports.quarters) < 5:
            return None
        equity = (self.reports.quarters[-1].equity + self.reports.quarters[-5].equity) / 2
        return round(self.net_income / equity, 5)

    @property
    def book_value(self) -> float | None:
        if not self.reports.quarters or self.shares is None:
            return None
        return round(self.reports.quarters[-1].equity / self.shares, 3)

    def growth(self, name: str) -> float | None:
        """Of the newest quarter over the one a year before; None from nothing or a loss."""
        if len(self.reports.quarters) < 5:
            return None
        newest, before = (getattr(self.reports.quarters[n], name) for n in (-1, -5))
        return round(newest / before - 1, 3) if before > 0 else None

    @property
    def dividend_rate(self) -> float:
        """Dollars a share paid in the last 365 days."""
        since = self.now.date() - timedelta(days=365)
        return round(sum((paid.amount for paid in self.history.dividends if paid.ex_date > since), 0.0), 4)

    @property
    def ex_dividend_date(self) -> date | None:
        return self.history.dividends[-1].ex_date if self.history.dividends else None

    @property
    def dividend_date(self) -> date | None:
        return None if self.ex_dividend_date is None else self.ex_dividend_date + PAID_AFTER

    @property
    def named_report(self) -> datetime | None:
        """The last report while it is fresh, then the next one."""
        quarters = self.reports.quarters
        if quarters and self.now - quarters[-1].announced < NAMED_FOR:
            return quarters[-1].announced
        return self.reports.next

    @property
    def next_is_estimated(self) -> bool:
        return self.reports.next is not None and self.reports.next - self.now > KNOWN_BEFORE

    @property
    def next_between(self) -> tuple[datetime, datetime] | None:
        """When the next report is due; two equal moments once its date is known."""
        if (due := self.reports.next) is None:
            return None
        slack = timedelta(days=2) if self.next_is_estimated else timedelta()
        return due - slack, due + slack

    @property
    def next_moments(self) -> list[int]:
        """The same as seconds since 1970: none, one, or two."""
        return sorted({int(moment.timestamp()) for moment in self.next_between or ()})


def figures_of(market: Market, symbol: str) -> Figures | None:
    history = market.quoted_history(symbol)
    if history is None or not len(history.bars):
        return None
    company, reports = history.company, market.reports(history.company)
    shares = market.shares(company, reports.quarters)
    return Figures(market, company, history, standing_of(history, market.hours), reports, shares)
