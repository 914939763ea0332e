"""Makes bars, answers and a provider for tests of the collector."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from canslim_calendar import sessions_to
from canslim_collector.provider import Answer, Ask, Bars, Columns, Failure, Fetched, Habits, Listing
from canslim_collector.providers.bar_table import newer_bars
from canslim_core.errors import UnknownSymbol
from canslim_core.jobs import Pause

LAST = date(2017, 3, 31)
HABITS = Habits()


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
    habits: Habits = HABITS
    today: date = LAST
    left_out: Sequence[str] = ()
    pause: Pause | None = None
    memos: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    shown: Mapping[str, Columns] = field(default_factory=dict)
    asked: list[Ask] = field(default_factory=list)

    async def session(self) -> date:
        return self.today

    async def revision(self, session: date) -> str:
        return self.token

    async def listings(self, universe: str, before: Sequence[str] = ()) -> Sequence[Listing]:
        return self.members

    def time_needed(self, symbols: int) -> timedelta:
        return timedelta(0)

    async def fetch(self, asks: Sequence[Ask], session: date) -> Fetched:
        self.asked = list(asks)
        got_to = [ask for ask in asks if ask.symbol not in self.left_out]
        results = [self.failures.get(ask.symbol) or self._answer(ask) for ask in got_to]
        return Fetched(
            [result for result in results if isinstance(result, Answer)],
            [result for result in results if isinstance(result, Failure)],
            pause=self.pause,
        )

    def _answer(self, ask: Ask) -> Answer | Failure:
        if ask.symbol not in self.histories:
            return Failure(ask.symbol, UnknownSymbol(f"no {ask.symbol}"))
        newer, restated = newer_bars(self.histories[ask.symbol], ask.stored)
        answer = Answer(ask.symbol, newer, restated, self.reports.get(ask.symbol))
        return replace(answer, reports=self.shown.get(ask.symbol), memo=self.memos.get(ask.symbol, {}))


def spoilt(whole: Bars, spoil: Callable[[Bars], None]) -> Bars:
    """A copy of the bars after `spoil` has changed its arrays."""
    copy = replace(whole, **{name: getattr(whole, name).copy() for name in Bars.__dataclass_fields__})
    spoil(copy)
    return copy
