"""Stage `collect`: lists a universe, or fetches what is new of some symbols."""

import asyncio
from collections.abc import Sequence
from functools import partial

import numpy as np

from canslim_collector.binary_copy import encode_bars
from canslim_collector.market_store import StoredSeries, read_series, write_answers, write_listings
from canslim_collector.provider import Answer, Ask, Bars, Failure, Provider
from canslim_core.errors import Malformed, ProviderError, Throttled, Unavailable, UnknownSymbol
from canslim_core.jobs import Outcome, SymbolFailure, Task, Work, batches
from canslim_infra.postgres.connection import Connection, Database

#: Reason codes of symbols that failed.
CODES: dict[type[ProviderError], str] = {
    UnknownSymbol: "unknown_symbol",
    Malformed: "malformed",
    Throttled: "throttled",
    Unavailable: "unavailable",
}


def collect_stock_data(provider: Provider, database: Database) -> Work:
    """The stage's work, for one provider."""

    async def work(task: Task) -> Outcome[Connection]:
        if universe := task.payload.get("universe"):
            return await list_universe(universe, provider)
        return await collect(task.symbols, provider, database)

    return work


async def list_universe(universe: str, provider: Provider) -> Outcome[Connection]:
    """Stores the universe's list and opens a task for every batch of its symbols."""
    listings = await provider.listings(universe)
    if not listings:
        raise Malformed(f"provider {provider.name!r} lists no symbol in universe {universe!r}")
    return Outcome(
        write=partial(write_listings, universe=universe, listings=listings),
        session=await provider.session(),
        total=len(listings),
        spawn=batches([listing.symbol for listing in listings]),
    )


async def collect(symbols: Sequence[str], provider: Provider, database: Database) -> Outcome[Connection]:
    """Fetches those symbols that the source may have something new for."""
    revision = await provider.revision()
    series = await read_series(database, symbols)
    asks = [ask for symbol in symbols if (ask := _ask(symbol, series.get(symbol), provider.name, revision)) is not None]
    answers: list[Answer] = []
    failures: list[SymbolFailure] = []
    async for result in provider.fetch(asks):
        if isinstance(result, Failure):
            failures.append(SymbolFailure(result.symbol, _code(result.error), str(result.error)))
        elif (fault := _fault(result)) is not None:
            failures.append(SymbolFailure(result.symbol, CODES[Malformed], fault))
        else:
            answers.append(result)
    encoded = await asyncio.to_thread(encode_bars, answers)
    bars = sum(len(answer.bars.sessions) for answer in answers)
    return Outcome(
        write=partial(write_answers, provider=provider.name, revision=revision, answers=answers, encoded=encoded),
        done=len(symbols) - len(failures),
        unchanged=len(symbols) - len(asks) + sum(not len(answer.bars.sessions) for answer in answers),
        bars=bars,
        failures=failures,
    )


def _ask(symbol: str, series: StoredSeries | None, provider: str, revision: str) -> Ask | None:
    """What to ask for; None where the source has had nothing new since."""
    if series is None or series.provider != provider:
        return Ask(symbol)
    return None if series.revision == revision else Ask(symbol, series.stored)


def _code(error: ProviderError) -> str:
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), "provider_error")


def _fault(answer: Answer) -> str | None:
    """Why an answer can't be stored: no NaN, gap in the arrays or price that is none gets past here."""
    bars = answer.bars
    if len({len(getattr(bars, name)) for name in Bars.__dataclass_fields__}) > 1:
        return f"{answer.symbol}: every session must have all of its figures"
    prices = np.stack([bars.open, bars.high, bars.low, bars.close, bars.adj_factor, bars.split_factor])
    if not bool(np.isfinite(prices).all() and (prices > 0).all() and (bars.volume >= 0).all()):
        return f"{answer.symbol}: prices and factors must be positive numbers and volume not negative"
    if not bool((np.diff(bars.sessions) > np.timedelta64(0, "D")).all()):
        return f"{answer.symbol}: sessions must be in order and each only once"
    return f"{answer.symbol}: the source has no bar of it" if answer.restated and not prices.size else None
