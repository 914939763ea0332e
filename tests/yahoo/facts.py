"""What has happened to one company: what its traits say, and every change that was made known."""

from dataclasses import dataclass, field

from tests.yahoo.bars import DividendAt, SplitAt
from tests.yahoo.changes import (
    Change,
    Delisting,
    Dividend,
    Halt,
    Listing,
    NullPoints,
    Quarter,
    Split,
    Stale,
    UnappliedSplit,
)
from tests.yahoo.companies import Company
from tests.yahoo.hours import Hours

#: Sessions between two dividends.
QUARTER = 63


@dataclass
class Facts:
    """Days are numbers of sessions. A halt ends before its second number."""

    listed: int
    delisted: int | None
    null_points: bool
    splits: list[SplitAt] = field(default_factory=list)
    dividends: list[DividendAt] = field(default_factory=list)
    halts: list[tuple[int, int | None]] = field(default_factory=list)
    quarters: list[Quarter] = field(default_factory=list)
    unapplied: UnappliedSplit | None = None
    stale: int = 0

    @classmethod
    def of(cls, company: Company, hours: Hours) -> "Facts":
        facts = cls(company.listed, company.delisted if company.delisted >= 0 else None, company.null_points)
        if company.split_on > company.listed:
            facts.splits.append(SplitAt(company.split_on, *company.split_ratio))
        if company.dividend_yield:
            first = company.listed + 1 + company.dividend_phase
            fraction = company.dividend_yield / 4
            facts.dividends += [DividendAt(n, fraction=fraction) for n in range(first, len(hours.days), QUARTER)]
        return facts

    def apply(self, change: Change, hours: Hours) -> None:
        match change:
            case Split(_, ex_date, numerator, denominator):
                self.splits.append(SplitAt(hours.number(ex_date), numerator, denominator))
            case Dividend(_, ex_date, amount):
                self.dividends.append(DividendAt(hours.number(ex_date), amount))
            case Quarter():
                self.quarters.append(change)
            case Listing(_, on):
                self.listed = hours.number(on)
            case Delisting(_, on):
                self.delisted = hours.number(on)
            case Halt(_, since, until):
                self.halts.append((hours.number(since), None if until is None else hours.number(until)))
            case UnappliedSplit():
                self.unapplied = change if change.active else None
            case Stale(_, sessions):
                self.stale = sessions
            case NullPoints(_, active):
                self.null_points = active

    def is_listed(self, session: int) -> bool:
        return self.listed <= session and (self.delisted is None or session < self.delisted)
