"""Provider `yahoo`: a symbol's whole history once, then the day's bar from quotes, and a chart where they disagree."""

import asyncio
import contextvars
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import numpy as np

from canslim_calendar import all_sessions
from canslim_collector.provider import Answer, Ask, Failure, Fetched, Habits, Listing
from canslim_collector.providers.yahoo.chart import Chart
from canslim_collector.providers.yahoo.client import MOST_QUOTES, OTHER_SHAPE, YahooClient
from canslim_collector.providers.yahoo.memo import Memo
from canslim_collector.providers.yahoo.quotes import News, news
from canslim_collector.providers.yahoo.reader import BENCHMARKS, NO_BARS, Plan, read_symbol
from canslim_collector.providers.yahoo.universes import list_universe
from canslim_core.errors import Malformed, ProviderError, Throttled, Unavailable
from canslim_core.jobs import Pause

Found = TypeVar("Found")

#: Chart, summary, statements.
REQUESTS_A_SYMBOL = 3
#: Symbols that a task has not begun with after so many seconds are left to another one.
SLICE = 120.0


class Yahoo:
    """Requests run in threads, each of which keeps its connection; how many run at once the fleet's budget decides."""

    name = "yahoo"
    habits = Habits(
        tasks=1,
        batch=MOST_QUOTES,
        list_for=timedelta(days=6),
        live=True,
        misses=3,
        probe_after=timedelta(days=7),
        benchmarks=BENCHMARKS,
    )

    def __init__(self, client: YahooClient, *, threads: int, rate: float) -> None:
        self._client = client
        # Here, for to load the calendar in one of several threads disturbs the others' warnings.
        all_sessions()
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="yahoo")
        self._rate = rate

    async def session(self) -> date:
        """The newest session of which the first benchmark's chart is complete."""
        chart = await self._in_pool(partial(self._client.chart, BENCHMARKS[0], "5d"))
        return _complete_session(chart)

    async def revision(self, session: date) -> str:
        return f"yahoo-{session}"

    async def listings(self, universe: str, before: Sequence[str] = ()) -> Sequence[Listing]:
        return await self._in_pool(partial(list_universe, self._client, universe, before))

    def time_needed(self, symbols: int) -> timedelta:
        return timedelta(seconds=symbols * REQUESTS_A_SYMBOL / self._rate)

    async def fetch(self, asks: Sequence[Ask], session: date) -> Fetched:
        stored = [ask for ask in asks if ask.stored is not None]
        plans: list[Plan | Failure | Throttled] = [Plan(ask, Memo()) for ask in asks if ask.stored is None]
        for start in range(0, len(stored), MOST_QUOTES):
            plans += await self._in_pool(partial(self._compared, stored[start : start + MOST_QUOTES], session))
        # Each thread takes one plan after the other: handing over every one would cost more than reading it.
        left = deque(plans)
        readers = (self._in_pool(partial(self._read_all, left, session)) for _ in range(min(self._threads, len(plans))))
        results = [result for some in await asyncio.gather(*readers) for result in some]
        pauses = [Pause(str(error), error.retry_after) for error in results if isinstance(error, Throttled)]
        return Fetched(
            [result for result in results if isinstance(result, Answer)],
            [result for result in results if isinstance(result, Failure)],
            max(pauses, key=lambda pause: pause.length, default=None),
        )

    def _compared(self, asks: Sequence[Ask], session: date) -> list[Plan | Failure | Throttled]:
        """What the quotes of stored symbols leave to be read."""
        try:
            found = self._client.quotes([ask.symbol for ask in asks])
        except Throttled as error:
            return [error]
        except ProviderError as error:
            return [Failure(ask.symbol, Unavailable(f"{ask.symbol}: its quote: {error}")) for ask in asks]
        quotes = {quote.get("symbol"): quote for quote in found}
        return [_plan(ask, quotes.get(ask.symbol), session) for ask in asks]

    def _read_all(self, left: deque[Plan | Failure | Throttled], session: date) -> list[Answer | Failure | Throttled]:
        """Works on what is left, until a pause comes or the time of a task is over."""
        results: list[Answer | Failure | Throttled] = []
        stop_at = time.monotonic() + SLICE
        while left and time.monotonic() < stop_at:
            try:
                plan = left.popleft()
            except IndexError:
                break
            results.append(self._read(plan, session))
            if isinstance(results[-1], Throttled):
                break
        return results

    def _read(self, plan: Plan | Failure | Throttled, session: date) -> Answer | Failure | Throttled:
        if not isinstance(plan, Plan):
            return plan
        if (done := plan.done) is not None:
            return done
        try:
            return read_symbol(self._client, plan, session)
        except Throttled as error:
            return error
        except ProviderError as error:
            return Failure(plan.ask.symbol, error)

    async def _in_pool(self, work: Callable[[], Found]) -> Found:
        """Runs in a thread that counts for the same tally."""
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._pool, context.run, work)


def _plan(ask: Ask, quote: dict[str, Any] | None, session: date) -> Plan:
    before = Memo.of(ask.memo)
    stock = ask.symbol not in BENCHMARKS
    summary = stock and before.is_old(ask.symbol, session)
    if ask.stored is None or quote is None:
        return Plan(ask, before, statements=summary, summary=summary)
    try:
        memo, found = before.after(quote), news(quote, ask.stored, session)
    except OTHER_SHAPE:
        # The chart may say more.
        memo, found = before, News.CHART
    restate = found is News.CHART or memo.dividend_since(before, session)
    bars = NO_BARS if found is News.NONE else found
    statements = stock and memo.report_since(before, session)
    return Plan(ask, memo, None if restate or isinstance(bars, News) else bars, statements, summary)


def _complete_session(chart: Chart) -> date:
    """The last row's, but the one before while the session runs. Raises Malformed where there is none."""
    days, clock = chart.rows.days, chart.clock
    if clock.running(datetime.now(UTC).timestamp()):
        days = days[days < np.datetime64(int((clock.last_trade + clock.utc_offset) // 86_400), "D")]
    if not len(days):
        raise Malformed(f"{BENCHMARKS[0]}: expected some sessions, none came")
    session: date = days[-1].item()
    return session
