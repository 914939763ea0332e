"""Provider `synthetic`: any number of symbols from a seed, the same bytes for the same seed."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from canslim_calendar import sessions_to
from canslim_collector.provider import Answer, Ask, Bars, Columns, Failure, Fetched, Floats, Habits, Listing
from canslim_collector.providers.bar_table import newer_bars
from canslim_collector.tally import count_requests
from canslim_core.errors import ProviderError, Unavailable, UnknownSymbol

UNIVERSE = "synthetic"
BENCHMARKS = ("QQQ", "SPY")
LAST_SESSION = date(2025, 6, 30)
SESSIONS = 504
SEED = 20_250_630
QUARTERS = 10
#: Requests of one task that are on their way at once.
IN_FLIGHT = 16
#: Times a request is repeated before its symbol fails, and the wait in seconds before the first; each doubles it.
REPEATS, BACKOFF = 3, 0.02
#: One symbol in so many …
SHORT_HISTORY, SPLIT, DIVIDENDS = 25, 20, 3
#: A day's move is cut off here: larger ones would be suspect.
LARGEST_MOVE = 0.25
INDUSTRIES = tuple(f"Industry {number:02}" for number in range(60))


class Synthetic:
    """Each symbol has a random stream of its own, so that a batch's composition changes nothing.

    latency_ms: how long each request takes. failure_rate: the share of requests that fail once.
    """

    name = "synthetic"
    habits = Habits(benchmarks=BENCHMARKS)

    def __init__(
        self,
        *,
        symbols: int = 10_000,
        sessions: int = SESSIONS,
        latency_ms: float = 0,
        failure_rate: float = 0,
        seed: int = SEED,
    ) -> None:
        self._symbols = symbols
        self._calendar = sessions_to(LAST_SESSION, sessions)
        self._latency = latency_ms / 1000
        self._failure_rate = failure_rate
        self._seed = seed
        # Only which requests fail comes from here, never a price.
        self._luck = np.random.default_rng()

    async def session(self) -> date:
        return LAST_SESSION

    async def revision(self, session: date) -> str:
        return f"synthetic-{self._seed}-{len(self._calendar)}-{session}"

    async def listings(self, universe: str, before: Sequence[str] = ()) -> Sequence[Listing]:
        if universe != UNIVERSE:
            raise UnknownSymbol(f"provider 'synthetic' has the universe {UNIVERSE!r}, not {universe!r}")
        stocks = [
            Listing(symbol_of(number), f"Synthetic {number}", "NYSE", industry=INDUSTRIES[number % len(INDUSTRIES)])
            for number in range(self._symbols)
        ]
        return [*stocks, *(Listing(name, f"Synthetic {name}", benchmark=True) for name in BENCHMARKS)]

    def time_needed(self, symbols: int) -> timedelta:
        return timedelta(0)

    async def fetch(self, asks: Sequence[Ask], session: date) -> Fetched:
        known = [ask for ask in asks if self._number(ask.symbol) is not None]
        failed: dict[str, ProviderError] = {
            ask.symbol: UnknownSymbol(f"there is no synthetic symbol {ask.symbol!r}")
            for ask in asks
            if self._number(ask.symbol) is None
        }
        count_requests(len(known))
        failed |= await self._request(known)
        answers = await asyncio.to_thread(self._answers, [ask for ask in known if ask.symbol not in failed])
        return Fetched(answers, [Failure(symbol, error) for symbol, error in failed.items()])

    async def _request(self, asks: Sequence[Ask]) -> dict[str, ProviderError]:
        """Waits as a source would, a request a symbol; the symbols whose requests all failed."""
        if not self._latency and not self._failure_rate:
            return {}
        slots = asyncio.Semaphore(IN_FLIGHT)

        async def request(symbol: str) -> ProviderError | None:
            for repeat in range(1 + REPEATS):
                if repeat:
                    await asyncio.sleep(BACKOFF * 2 ** (repeat - 1))
                async with slots:
                    await asyncio.sleep(self._latency)
                    if self._luck.random() >= self._failure_rate:
                        return None
            return Unavailable(f"{symbol}: {1 + REPEATS} requests failed")

        results = await asyncio.gather(*(request(ask.symbol) for ask in asks))
        return {ask.symbol: error for ask, error in zip(asks, results, strict=True) if error is not None}

    def _number(self, symbol: str) -> int | None:
        if symbol in BENCHMARKS:
            return 10_000_000 + BENCHMARKS.index(symbol)
        digits = symbol.removeprefix("SYN")
        if len(digits) == 5 and digits.isdecimal() and symbol != digits and int(digits) < self._symbols:
            return int(digits)
        return None

    def _answers(self, asks: Sequence[Ask]) -> list[Answer]:
        return [self._answer(ask, self._number(ask.symbol) or 0) for ask in asks]

    def _answer(self, ask: Ask, number: int) -> Answer:
        random = np.random.Generator(np.random.Philox(key=[self._seed, number]))
        benchmark = ask.symbol in BENCHMARKS
        bars, restated = newer_bars(self._bars(random, number, benchmark), ask.stored)
        return Answer(ask.symbol, bars, restated, None if benchmark else self._filings(random))

    def _bars(self, random: np.random.Generator, number: int, benchmark: bool) -> Bars:
        count = len(self._calendar)
        drift, spread = (0.0004, 0.008) if benchmark else (random.normal(0.0003, 0.001), random.uniform(0.01, 0.03))
        moves = np.clip(drift + spread * random.standard_t(5, count), -LARGEST_MOVE, LARGEST_MOVE)
        wobble = random.random((3, count)) * spread / 2
        volume = random.lognormal(13, 0.5, count)
        price = random.lognormal(3.5, 0.8)
        split_factor, adj_factor = self._factors(random, number, benchmark)
        adjusted = price * np.cumprod(1 + moves)
        close = np.maximum(np.round(adjusted / adj_factor, 4), 0.01)
        opening = np.round(close * (1 + wobble[0] - spread / 4), 4)
        high = np.round(np.maximum(close, opening) * (1 + wobble[1]), 4)
        low = np.round(np.minimum(close, opening) * (1 - wobble[2]), 4)
        first = count // 2 if number % SHORT_HISTORY == 7 and not benchmark else 0
        return Bars(
            self._calendar[first:],
            opening[first:],
            high[first:],
            low[first:],
            close[first:],
            volume[first:].astype(np.int64),
            adj_factor[first:],
            split_factor[first:],
        )

    def _factors(self, random: np.random.Generator, number: int, benchmark: bool) -> tuple[Floats, Floats]:
        count = len(self._calendar)
        split_factor, dividends = np.ones(count), np.ones(count)
        at = int(random.integers(count // 4, count)) if count > 4 else 0
        if number % SPLIT == 3 and not benchmark:
            split_factor[:at] = 0.5
        if number % DIVIDENDS == 1:
            for ex in range(at % 63, count, 63):
                dividends[:ex] *= 0.995
        return split_factor, split_factor * dividends

    def _filings(self, random: np.random.Generator) -> Columns:
        """Ten quarters in fiscal years that end in December, each known 35 days after its end."""
        growth = random.normal(0.03, 0.06)
        eps = np.round(random.uniform(0.1, 2.0) * np.cumprod(1 + random.normal(growth, 0.05, _CLOSED)), 2)
        revenue = np.round(1e9 * np.cumprod(1 + random.normal(growth, 0.03, _CLOSED)))
        eps, revenue = _reported(eps), _reported(revenue)
        return CALENDAR_COLUMNS | {
            "revenue": revenue,
            "net_income": eps * 1e8,
            "eps_basic": eps,
            "eps_diluted": eps,
            "equity": np.full(QUARTERS, 1e9),
        }


def symbol_of(number: int) -> str:
    return f"SYN{number:05}"


#: The last month of each quarter, then the day after it.
_MONTHS = np.datetime64("2025-03", "M") - 3 * np.arange(QUARTERS)[::-1]
_ENDS = (_MONTHS + np.timedelta64(1, "M")).astype("datetime64[D]") - 1
_QUARTER = _MONTHS.astype(int) % 12 // 3 + 1
_YEARLY = _QUARTER == 4
#: The first report can be a year's; its first three quarters come before the ten.
_CLOSED = QUARTERS + 3
CALENDAR_COLUMNS: dict[str, npt.NDArray[Any]] = {
    "period_end": _ENDS,
    "known_on": _ENDS + 35,
    "fiscal_period": np.array(["Q1", "Q2", "Q3", "FY"], dtype=object)[_QUARTER - 1],
    "fiscal_year": _MONTHS.astype("datetime64[Y]").astype(int) + 1970,
}


def _reported(values: Floats) -> Floats:
    """The last ten; a year's report carries the sum of the four quarters it closes."""
    return np.where(_YEARLY, np.convolve(values, np.ones(4), "valid"), values[-QUARTERS:])
