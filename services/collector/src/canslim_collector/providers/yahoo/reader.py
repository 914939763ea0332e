"""Reads one symbol: its chart, looked at before it is believed, and its reports."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from canslim_calendar import all_sessions
from canslim_collector.provider import Answer, Ask, Bars
from canslim_collector.providers.bar_table import newer_bars
from canslim_collector.providers.yahoo.chart import to_bars
from canslim_collector.providers.yahoo.client import YahooClient
from canslim_collector.providers.yahoo.memo import Memo
from canslim_collector.providers.yahoo.quotes import TOLERANCE
from canslim_collector.sanity import RawSeries, find_faults, kept
from canslim_core.errors import Implausible, Malformed, Unavailable, UnknownSymbol

#: Funds that stand for the market: without reports, and read further back, for market direction needs three years.
BENCHMARKS = ("SPY", "QQQ")
HISTORY, BENCHMARK_HISTORY = "2y", "5y"
#: A new history that begins so much later than the stored one has lost its start.
LOST_START = timedelta(days=10)
_NONE = np.empty(0)
NO_BARS = Bars(np.empty(0, "datetime64[D]"), _NONE, _NONE, _NONE, _NONE, np.empty(0, np.int64), _NONE, _NONE)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be read of a symbol.

    bars: those that a quote brought, where the chart need not be read.
    statements: read them; summary: read it, and them.
    """

    ask: Ask
    memo: Memo
    bars: Bars | None = None
    statements: bool = True
    summary: bool = True

    @property
    def done(self) -> Answer | None:
        """The answer, where nothing is to be read."""
        if self.bars is None or self.statements or self.summary:
            return None
        return Answer(self.ask.symbol, self.bars, restated=False, memo=self.memo.as_json())


def read_symbol(client: YahooClient, plan: Plan, session: date) -> Answer:
    """Raises ProviderError: of a symbol whose prices can't be read nothing is stored."""
    answer, memo, split = _priced(client, plan, session)
    if plan.ask.symbol in BENCHMARKS:
        return replace(answer, memo=memo.as_json())
    try:
        if plan.summary or split:
            answer, memo = _with_summary(client, answer, memo, session)
        if plan.statements or plan.summary or split:
            answer, memo = _with_reports(client, answer, memo)
    except (Unavailable, Malformed):
        # What tells that they are to be read goes on to tell.
        before = Memo.of(plan.ask.memo)
        memo = replace(memo, summarized=before.summarized, eps=before.eps, report=before.report, quarter=before.quarter)
        answer = replace(answer, incomplete=True)
    return replace(answer, memo=memo.as_json())


def _priced(client: YahooClient, plan: Plan, session: date) -> tuple[Answer, Memo, bool]:
    """With whether there was a split since: it restates earnings a share too."""
    symbol, stored = plan.ask.symbol, plan.ask.stored
    if plan.bars is not None:
        return Answer(symbol, plan.bars, restated=False), plan.memo, False
    whole, profile = _history(client, plan.ask, session)
    bars, restated = newer_bars(whole, stored, TOLERANCE)
    at = 0 if stored is None else int(np.searchsorted(whole.sessions, np.datetime64(stored.last_session, "D")))
    split = stored is not None and at < len(whole.sessions) and whole.split_factor[at] != 1
    return Answer(symbol, bars, restated, profile=profile), replace(plan.memo, charted=session), split


def _history(client: YahooClient, ask: Ask, session: date) -> tuple[Bars, dict[str, str]]:
    """Every bar up to the session, and what the chart says of the listing; read once more where it can't be true.

    Raises Implausible where it still can't.
    """
    period = BENCHMARK_HISTORY if ask.symbol in BENCHMARKS else HISTORY
    first = None if ask.stored is None else ask.stored.first_session
    for last_look in (False, True):
        chart = client.chart(ask.symbol, period, first)
        rows = kept(chart.until(session), all_sessions())
        problem = _problem(ask, rows)
        if problem is None:
            details = {"name": chart.name, "exchange": chart.exchange}
            return to_bars(rows), {name: value for name, value in details.items() if value}
        if last_look and not len(rows.days):
            raise UnknownSymbol(f"{ask.symbol}: {problem}")
    raise Implausible(f"{ask.symbol}: {problem}")


def _problem(ask: Ask, rows: RawSeries) -> str | None:
    faults = find_faults(rows, all_sessions())
    if faults:
        return "; ".join(f"{fault.session}: {fault.message}" for fault in faults[:3])
    stored = ask.stored
    if stored is not None and rows.days[-1].item() < stored.last_session:
        return f"expected bars to {stored.last_session}, as stored; the last one that came is of {rows.days[-1]}"
    if stored is not None and rows.days[0].item() > stored.first_session + LOST_START:
        return f"expected bars from {stored.first_session} on, as stored; the first one that came is of {rows.days[0]}"
    return None


def _with_summary(client: YahooClient, answer: Answer, memo: Memo, session: date) -> tuple[Answer, Memo]:
    """Where Yahoo has none of this symbol, what is stored stays."""
    try:
        summary = client.summary(answer.symbol)
    except UnknownSymbol:
        return answer, replace(memo, summarized=session)
    profile = {**(answer.profile or {}), **summary.profile}
    answer = replace(answer, ownership=summary.ownership(session), profile=profile)
    return answer, replace(memo, **summary.marks, summarized=session)


def _with_reports(client: YahooClient, answer: Answer, memo: Memo) -> tuple[Answer, Memo]:
    """Where Yahoo has none of this symbol, what is stored stays."""
    with suppress(UnknownSymbol):
        reports = client.reports(answer.symbol)
        if reports is not None:
            memo = replace(memo, quarter=reports["period_end"].max().item())
            answer = replace(answer, reports=reports)
    return answer, memo
