"""Makes bars, answers and a provider for tests of the collector."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from canslim_calendar import sessions_to
from canslim_collector.provider import Answer, Ask, Bars, Columns, Failure, Listing
from canslim_collector.providers.bar_table import newer_bars
from canslim_core.errors import UnknownSymbol

LAST = date(2017, 3, 31)


def bars(
    *closes: float, last: date = LAST, adj_factor: Sequence[float] | None = None, split: Sequence[float] | None = None
) -> Bars:
    """Bars of as many sessions as there are closes, the last one on `last`."""
    close = np.array(closes, dtype=np.float64)
    return Bars(
        sessions_to(last, len(closes)) if closes else np.empty(0, dtype="datetime64[D]"),
        close,
        close * 1.01,
        close * 0.99,
        close,
        np.arange(1000, 1000 + len(closes), dtype=np.int64),
        np.ones(len(closes)) if adj_factor is None else np.array(adj_factor, dtype=np.float64),
        np.ones(len(closes)) if split is None else np.array(split, dtype=np.float64),
    )


def filings(*rows: tuple[str, str, str, float]) -> Columns:
    """Rows of period end, period, day it became known, diluted EPS."""
    ends, periods, known, eps = zip(*rows, strict=True)
    missing = np.full(len(rows), np.nan)
    return {
        "period_end": np.array(ends, dtype="datetime64[D]"),
        "fiscal_period": np.array(periods, dtype=object),
        "known_on": np.array(known, dtype="datetime64[D]"),
        "fiscal_year": np.array([int(end[:4]) for end in ends]),
        "eps_diluted": np.array(eps, dtype=np.float64),
        **dict.fromkeys(("revenue", "net_income", "eps_basic", "equity"), missing),
    }


@dataclass
class FakeProvider:
    """Holds what the test gives it, and remembers what it was asked."""

    histories: Mapping[str, Bars] = field(default_factory=dict)
    reports: Mapping[str, Columns] = field(default_factory=dict)
    failures: Mapping[str, Failure] = field(default_factory=dict)
    members: Sequence[Listing] = ()
    name: str = "fake"
    token: str = "1"
    today: date = LAST
    asked: list[Ask] = field(default_factory=list)

    async def revision(self) -> str:
        return self.token

    async def session(self) -> date:
        return self.today

    async def listings(self, universe: str) -> Sequence[Listing]:
        return self.members

    async def fetch(self, asks: Sequence[Ask]) -> AsyncIterator[Answer | Failure]:
        self.asked = list(asks)
        for ask in asks:
            yield self.failures.get(ask.symbol) or self._answer(ask)

    def _answer(self, ask: Ask) -> Answer | Failure:
        if ask.symbol not in self.histories:
            return Failure(ask.symbol, UnknownSymbol(f"no {ask.symbol}"))
        newer, restated = newer_bars(self.histories[ask.symbol], ask.stored)
        return Answer(ask.symbol, newer, restated, self.reports.get(ask.symbol))


def spoilt(whole: Bars, spoil: Callable[[Bars], None]) -> Bars:
    """A copy of the bars after `spoil` has changed its arrays."""
    copy = replace(whole, **{name: getattr(whole, name).copy() for name in Bars.__dataclass_fields__})
    spoil(copy)
    return copy
