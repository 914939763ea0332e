"""The market the server answers from, and tests compare with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from math import prod

from tests.yahoo.bars import Bars
from tests.yahoo.changes import Change, Dividend, Quarter, Rename, Split, Stale
from tests.yahoo.companies import Company, companies
from tests.yahoo.facts import Facts
from tests.yahoo.history import History, history_of, splits_to
from tests.yahoo.hours import hours_between
from tests.yahoo.owners import Ownership, ownership_of, published_on
from tests.yahoo.paths import Paths
from tests.yahoo.reports import Reports, Year, as_reported, in_shares_of, newest_of_each, quarters_of, years_of
from tests.yahoo.spec import MarketSpec


@dataclass(frozen=True)
class Truth:
    """All that is right about a symbol at the market's now.

    quarters, years: every one that is known, in today's shares; Yahoo's statements show the newest 5 and 4.
    shares: outstanding, None for an index.
    """

    symbol: str
    company: Company
    bars: Bars
    splits: tuple[Split, ...]
    dividends: tuple[Dividend, ...]
    quarters: tuple[Quarter, ...]
    years: tuple[Year, ...]
    next_report: datetime | None
    shares: int | None
    ownership: Ownership | None


class Market:
    """Deterministic: the same spec, changes and now give the same truth in every process."""

    def __init__(self, spec: MarketSpec | None = None) -> None:
        self.spec = spec or MarketSpec()
        last = self.spec.now.date() + timedelta(days=self.spec.days_ahead)
        self.hours = hours_between(self.spec.first, last)
        self._paths = Paths(self.spec.seed, len(self.hours.days))
        self._made_up = lru_cache(maxsize=1000)(partial(quarters_of, hours=self.hours, spec=self.spec))
        self._companies = {company.symbol: company for company in companies(self.spec, self.hours)}
        self.restore()

    def restore(self) -> None:
        """As the spec alone has it: no changes, its own now."""
        self.changes: list[Change] = []
        self._facts: dict[str, Facts] = {}
        self._renames: list[tuple[str, str, int]] = []
        self._stale = 0
        self.now = self.spec.now

    @property
    def now(self) -> datetime:
        return self._now

    @now.setter
    def now(self, now: datetime) -> None:
        """Raises ValueError before the first session has opened, after the last one, or without a time zone."""
        if now.tzinfo is None:
            raise ValueError("now needs a time zone")
        moment = int(now.timestamp())
        if not self.hours.opens[0] <= moment <= self.hours.closes[-1]:
            raise ValueError(f"{now} is not between {self.hours.days[0]} and {self.hours.days[-1]}")
        self._now, self.moment, self.newest = now.astimezone(UTC), moment, self.hours.newest(moment)

    def apply(self, *changes: Change) -> set[str] | None:
        """Makes the changes; the symbols whose answers may differ now, None for all."""
        touched: set[str] | None = set()
        for change in changes:
            names = self._apply(change)
            touched = None if touched is None or names is None else touched | names
            self.changes.append(change)
        return touched

    def symbols(self, quote_type: str = "EQUITY") -> list[str]:
        """The names of what is listed now, sorted."""
        present = (company for company in self._companies.values() if company.quote_type == quote_type)
        return sorted(self.name_of(company) for company in present if self.facts(company).is_listed(self.newest))

    def company(self, symbol: str) -> Company | None:
        """Who has this symbol now; None where nobody has, or it is not listed."""
        company = self._companies.get(self._first_name(symbol))
        if company is None or self.name_of(company) != symbol or not self.facts(company).is_listed(self.newest):
            return None
        return company

    def name_of(self, company: Company) -> str:
        name = company.symbol
        for old, new, on in self._renames:
            if name == old and on <= self.newest:
                name = new
        return name

    def facts(self, company: Company) -> Facts:
        if (facts := self._facts.get(company.symbol)) is None:
            facts = self._facts[company.symbol] = Facts.of(company, self.hours)
        return facts

    def truth(self, symbol: str) -> Truth:
        """Raises KeyError where the symbol is not listed now."""
        if (company := self.company(symbol)) is None or (history := self.history(symbol)) is None:
            raise KeyError(symbol)
        reports = self.reports(company)
        return Truth(
            symbol, company, history.bars, history.splits, history.dividends, reports.quarters, reports.years,
            reports.next, self.shares(company, reports.quarters), self.ownership(company),
        )  # fmt: skip

    def history(self, symbol: str) -> History | None:
        """The right one; None where the symbol is not listed now."""
        return self._history(symbol, self.moment, as_served=False)

    def quoted_history(self, symbol: str) -> History | None:
        """What quotes show: stale where a change says so."""
        company = self.company(symbol)
        return None if company is None else self._history(symbol, self.served_moment(company), as_served=False)

    def charted_history(self, symbol: str) -> History | None:
        """What charts show: the same, and without the last split where a change says so."""
        company = self.company(symbol)
        return None if company is None else self._history(symbol, self.served_moment(company), as_served=True)

    def served_moment(self, company: Company) -> int:
        """Now, or the close of the session that stale answers end with."""
        sessions = self.facts(company).stale or self._stale
        return int(self.hours.closes[max(0, self.newest - sessions)]) if sessions else self.moment

    def reports(self, company: Company) -> Reports:
        known, later = [], []
        now = self.factor(company, self.newest)
        for quarter, then in self._announced(company):
            if quarter.announced.timestamp() > self.moment:
                later.append(quarter.announced)
            else:
                known.append(in_shares_of(quarter, now / then))
        quarters = newest_of_each(known)
        return Reports(quarters, years_of(quarters), min(later, default=None))

    def factor(self, company: Company, session: int) -> float:
        """What a price of the market's first day is multiplied with, for the shares of `session`."""
        return prod(split.factor for split in splits_to(self.facts(company), session))

    def shares(self, company: Company, quarters: Sequence[Quarter]) -> int | None:
        """Outstanding, as of the newest of those reports; None for an index."""
        if company.quote_type == "INDEX":
            return None
        return round(quarters[-1].basic_shares if quarters else company.shares / self.factor(company, self.newest))

    def ownership(self, company: Company) -> Ownership | None:
        if company.quote_type != "EQUITY":
            return None
        return ownership_of(company, published_on(self.hours.day(self.newest)), self.spec.seed)

    def _history(self, symbol: str, moment: int, *, as_served: bool) -> History | None:
        if (company := self.company(symbol)) is None or self.hours.newest(moment) < self.facts(company).listed:
            return None
        path = self._paths.of(company)
        return history_of(symbol, company, self.facts(company), path, self.hours, moment, as_served=as_served)

    def _announced(self, company: Company) -> Iterator[tuple[Quarter, float]]:
        """Every report as it was or will be announced, with the factor of the shares it is in."""
        for quarter in self._made_up(company):
            then = self._factor_at(company, quarter.announced)
            yield as_reported(quarter, then), then
        for quarter in self.facts(company).quarters:
            yield quarter, self._factor_at(company, quarter.announced)

    def _factor_at(self, company: Company, moment: datetime) -> float:
        if not self.facts(company).splits:
            return 1.0
        return self.factor(company, self.hours.newest(int(moment.timestamp())))

    def _apply(self, change: Change) -> set[str] | None:
        if isinstance(change, Stale) and change.symbol == "*":
            self._stale = change.sessions
            return None
        if (company := self._companies.get(self._first_name(change.symbol))) is None:
            raise KeyError(change.symbol)
        if isinstance(change, Rename):
            self._renames.append((change.symbol, change.to, self.hours.number(change.on)))
            return {change.symbol, change.to}
        self.facts(company).apply(change, self.hours)
        return {self.name_of(company)}

    def _first_name(self, symbol: str) -> str:
        for old, new, _ in reversed(self._renames):
            if symbol == new:
                symbol = old
        return symbol
