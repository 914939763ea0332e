"""Stage `collect`: lists a universe, or fetches what is new of some symbols."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

import numpy as np
from prometheus_client import Counter

from canslim_calendar import last_complete_session
from canslim_collector.binary_copy import encode_bars
from canslim_collector.market_store import write_answers
from canslim_collector.provider import Answer, Bars, Failure, Fetched, Provider
from canslim_collector.status_store import FRESH, STALE, Known, Status, note_delistings, read_known, write_statuses
from canslim_collector.tally import start_tally
from canslim_collector.universe_store import add_benchmarks, listed_symbols, recent_list, write_listings
from canslim_core.errors import Implausible, Malformed, ProviderError, Throttled, Unavailable, UnknownSymbol
from canslim_core.jobs import Outcome, Payload, SymbolFailure, Task, Work, batches
from canslim_infra.postgres.connection import Connection, Database

#: Reason codes of symbols that failed.
CODES: dict[type[ProviderError], str] = {
    UnknownSymbol: "unknown_symbol",
    Malformed: "malformed",
    Implausible: "quarantined",
    Throttled: "throttled",
    Unavailable: "unavailable",
}
#: How often a symbol that its source did not answer for is asked for again, by a task behind all others.
ROUNDS = 2
#: A source has the bars of a session so long after its close.
SETTLING = timedelta(minutes=30)

COLLECTED = Counter(
    "canslim_symbols_collected_total", "Symbols that ended in a collect task, by how.", ["provider", "outcome"]
)

Write = Callable[[Connection], Awaitable[None]]


def collect_stock_data(provider: Provider, database: Database) -> Work:
    """The stage's work, for one provider."""

    async def work(task: Task) -> Outcome[Connection]:
        if universe := task.payload.get("universe"):
            return await list_universe(universe, provider, database)
        session = task.session or await provider.session()
        return await collect(task.symbols, session, provider, database, last_round=task.payload.get("round", 0))

    return work


async def list_universe(universe: str, provider: Provider, database: Database) -> Outcome[Connection]:
    """Stores the universe's list, unless the stored one still holds; opens a task for every batch of its symbols."""
    tally = start_tally()
    session = await provider.session()
    symbols, write, doubt = await _members(universe, provider, database)
    warnings = [text for text in (_lateness(provider, session), doubt) if text is not None]
    return Outcome(
        warning="; ".join(warnings) or None,
        requests=tally.requests,
        write=write,
        session=session,
        total=len(symbols),
        spawn=batches(symbols, provider.habits.batch),
        time_needed=provider.time_needed(len(symbols)),
    )


async def _members(universe: str, provider: Provider, database: Database) -> tuple[list[str], Write | None, str | None]:
    """The universe's symbols, how to store them, and why the provider's newest list was not believed."""
    benchmarks = provider.habits.benchmarks
    if stored := await recent_list(database, universe, provider.name, provider.habits.list_for):
        return [*{*stored, *benchmarks}], partial(add_benchmarks, universe=universe, benchmarks=benchmarks), None
    before = await listed_symbols(database, universe)
    try:
        listings = await provider.listings(universe, before)
    except Implausible as error:
        if not before:
            raise
        return before, None, str(error)
    if not listings:
        raise Malformed(f"provider {provider.name!r} lists no symbol in universe {universe!r}")
    symbols = [listing.symbol for listing in listings]

    async def write(connection: Connection) -> None:
        await write_listings(connection, universe, provider.name, listings)
        # A list may name a symbol that its source denies.
        await note_delistings(connection, provider, symbols)

    return symbols, write, None


def expected_session() -> date:
    """The newest session whose bars a source has by now."""
    return last_complete_session(datetime.now(UTC) - SETTLING)


def _lateness(provider: Provider, session: date) -> str | None:
    """What to say where the source has no bars yet of a session that is over."""
    expected = expected_session()
    if not provider.habits.live or session >= expected:
        return None
    return f"the newest complete session of {provider.name!r} is {session}; by the exchange's calendar it is {expected}"


async def collect(
    symbols: Sequence[str], session: date, provider: Provider, database: Database, last_round: int = 0
) -> Outcome[Connection]:
    """Fetches those symbols that the source may have something new for.

    Raises Throttled where it let nothing through.
    """
    tally = start_tally()
    revision = await provider.revision(session)
    known = await read_known(database, symbols, provider.name)
    asks = [known[symbol].ask for symbol in symbols if _is_due(known[symbol], revision, session, provider)]
    fetched = await provider.fetch(asks, session) if asks else Fetched([])
    answers, failures = _sorted_out(fetched)
    again = [] if last_round == ROUNDS else _unanswered(answers, failures, live=provider.habits.live)
    answers = [answer for answer in answers if answer.symbol not in again]
    failures = [failure for failure in failures if failure.symbol not in again]
    ended = {answer.symbol for answer in answers} | {failure.symbol for failure in failures} | {*again}
    rest = [ask.symbol for ask in asks if ask.symbol not in ended]
    if fetched.pause is not None and len(rest) == len(symbols):
        raise Throttled(fetched.pause.reason, fetched.pause.length)
    _count(provider, answers, failures, untouched=len(symbols) - len(asks))
    encoded = await asyncio.to_thread(encode_bars, answers)
    statuses = [_status(answer, known[answer.symbol], session) for answer in answers]
    statuses += [Status(failure.symbol, _code(failure.error), str(failure.error)) for failure in failures]

    async def write(connection: Connection) -> None:
        await write_answers(connection, provider.name, revision, session, answers, encoded)
        await write_statuses(connection, provider, session, statuses)

    return Outcome(
        write=write,
        done=len(symbols) - len(rest) - len(again) - len(failures),
        unchanged=len(symbols) - len(asks) + sum(not len(answer.bars.sessions) for answer in answers),
        bars=sum(len(answer.bars.sessions) for answer in answers),
        failures=[SymbolFailure(failure.symbol, _code(failure.error), str(failure.error)) for failure in failures],
        requests=tally.requests,
        spawn=[*_tasks(rest, last_round), *_tasks(again, last_round + 1)],
        pause=fetched.pause,
    )


def _tasks(symbols: Sequence[str], last_round: int) -> list[Payload]:
    return [payload | {"round": last_round} for payload in batches(symbols)]


def _count(provider: Provider, answers: Sequence[Answer], failures: Sequence[Failure], untouched: int) -> None:
    changed = sum(len(answer.bars.sessions) > 0 for answer in answers)
    COLLECTED.labels(provider.name, "changed").inc(changed)
    COLLECTED.labels(provider.name, "unchanged").inc(untouched + len(answers) - changed)
    for failure in failures:
        COLLECTED.labels(provider.name, _code(failure.error)).inc()


def _is_due(known: Known, revision: str, session: date, provider: Provider) -> bool:
    """False where the source has had nothing new since, or where it denied the symbol and is left alone."""
    if known.revision == revision:
        return False
    habits = provider.habits
    if habits.misses is None or known.checked is None or not known.misses:
        return True
    alone = habits.probe_after if known.misses >= habits.misses else timedelta(days=1)
    return session - known.checked >= alone


def _sorted_out(fetched: Fetched) -> tuple[list[Answer], list[Failure]]:
    """Answers that can't be stored are failures."""
    faults = {answer.symbol: fault for answer in fetched.answers if (fault := _fault(answer)) is not None}
    failures = [*fetched.failures, *(Failure(symbol, Malformed(fault)) for symbol, fault in faults.items())]
    return [answer for answer in fetched.answers if answer.symbol not in faults], failures


def _unanswered(answers: Sequence[Answer], failures: Sequence[Failure], *, live: bool) -> list[str]:
    """Symbols that another try may bring more of; what comes over a line comes malformed now and then."""
    passing = (Unavailable, Malformed) if live else Unavailable
    symbols = [failure.symbol for failure in failures if isinstance(failure.error, passing)]
    return symbols + [answer.symbol for answer in answers if answer.incomplete]


def _status(answer: Answer, known: Known, session: date) -> Status:
    stored = known.ask.stored
    last = answer.bars.sessions[-1].item() if len(answer.bars.sessions) else stored.last_session if stored else None
    if last is not None and last >= session:
        return Status(answer.symbol, FRESH, None, answer.memo)
    return Status(answer.symbol, STALE, f"its last bar is of {last}", answer.memo)


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
