"""Provider `files`: prices, and if present filings, listings and ownership, from a folder."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np

from canslim_calendar import sessions_to
from canslim_collector.provider import Answer, Ask, Columns, Failure, Fetched, Habits, Listing
from canslim_collector.providers.bar_table import BarTable
from canslim_collector.providers.file_prices import read_prices
from canslim_collector.providers.file_tables import find_file, read_filings, read_listings, read_ownership
from canslim_core.errors import Malformed, UnknownSymbol
from canslim_infra.settings import Settings

UNIVERSE = "files"
BENCHMARKS = frozenset({"SPY", "QQQ", "IWM", "^GSPC"})
TABLES = ("prices", "filings", "listings", "ownership")
#: The session is the newest one that this share of the newest symbols' count has.
ENOUGH = 0.5
#: Who has no bar in the year before the newest one is not asked for the session.
A_YEAR = np.timedelta64(365, "D")
#: Who is this many sessions behind no longer trades.
QUIET = 20


def create_files(settings: Settings) -> "Files":
    if settings.files_dir is None:
        raise ValueError("CANSLIM_PROVIDER=files needs CANSLIM_FILES_DIR, the folder with prices.csv or prices.parquet")
    return Files(settings.files_dir)


@dataclass(frozen=True)
class FileData:
    bars: BarTable
    faults: dict[str, str]
    listings: tuple[Listing, ...]
    filings: dict[str, Columns]
    ownership: dict[str, Columns]
    session: date


class Files:
    """Reads the folder again whenever a file in it has changed."""

    name = "files"
    habits = Habits()

    def __init__(self, folder: Path, today: Callable[[], date] = lambda: datetime.now(UTC).date()) -> None:
        self._folder = folder
        self._today = today
        self._lock = asyncio.Lock()
        self._loaded: tuple[str, FileData] | None = None

    async def session(self) -> date:
        return (await self._data()).session

    async def revision(self, session: date) -> str:
        return await self._fingerprint()

    async def listings(self, universe: str, before: Sequence[str] = ()) -> Sequence[Listing]:
        if universe != UNIVERSE:
            raise UnknownSymbol(f"provider 'files' has the universe {UNIVERSE!r}, not {universe!r}")
        return (await self._data()).listings

    def time_needed(self, symbols: int) -> timedelta:
        return timedelta(0)

    async def fetch(self, asks: Sequence[Ask], session: date) -> Fetched:
        data = await self._data()
        answers, failures = [], []
        for ask in asks:
            symbol = ask.symbol
            if symbol in data.faults:
                failures.append(Failure(symbol, Malformed(data.faults[symbol])))
            elif symbol not in data.bars.spans:
                failures.append(Failure(symbol, UnknownSymbol(f"{self._folder}: prices has no symbol {symbol!r}")))
            else:
                bars, restated = data.bars.bars(ask)
                answers.append(Answer(symbol, bars, restated, data.filings.get(symbol), data.ownership.get(symbol)))
        return Fetched(answers, failures)

    async def _data(self) -> FileData:
        async with self._lock:
            fingerprint = await self._fingerprint()
            if self._loaded is None or self._loaded[0] != fingerprint:
                self._loaded = fingerprint, await asyncio.to_thread(_load, self._folder, self._today())
            return self._loaded[1]

    async def _fingerprint(self) -> str:
        return await asyncio.to_thread(_fingerprint, self._folder)


def _fingerprint(folder: Path) -> str:
    """Names, sizes and times of change of the files."""
    paths = [path for table in TABLES if (path := find_file(folder, table)) is not None]
    facts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return f"files-{sha256(repr(facts).encode()).hexdigest()[:16]}"


def _load(folder: Path, today: date) -> FileData:
    path = find_file(folder, "prices")
    if path is None:
        raise Malformed(f"{folder}: expected prices.parquet, prices.csv or prices.csv.gz, found none of them")
    prices, price_faults = read_prices(path, today)
    bars = BarTable.from_frame(prices)
    if not bars.spans:
        reasons = next(iter(price_faults.values()), "the file has no row")
        raise Malformed(f"{path.name}: no symbol can be used; {reasons}")
    filings, filing_faults = read_filings(folder)
    ownership, ownership_faults = read_ownership(folder)
    session = _newest_session(bars)
    return FileData(
        bars,
        ownership_faults | filing_faults | price_faults,
        _listings(read_listings(folder), bars, price_faults, session),
        filings,
        ownership,
        session,
    )


def _listings(
    listed: dict[str, Listing] | None, bars: BarTable, faults: dict[str, str], session: date
) -> tuple[Listing, ...]:
    """Those of the file, or else every symbol with a price; benchmarks always, and who no longer trades marked."""
    symbols = listed if listed is not None else {name: Listing(name) for name in (*bars.spans, *faults)}
    for name in BENCHMARKS & {*bars.spans}:
        symbols[name] = Listing(name, symbols[name].name if name in symbols else None, benchmark=True)
    trading_since = sessions_to(session, QUIET + 1)[0]
    for name in {*symbols} & {*bars.spans} - BENCHMARKS:
        if (last := bars.columns["sessions"][bars.spans[name]][-1]) < trading_since:
            symbols[name] = replace(symbols[name], delisted_on=last.item())
    return tuple(symbols[name] for name in sorted(symbols))


def _newest_session(bars: BarTable) -> date:
    """The newest session that enough symbols have: one symbol that is a day ahead makes nobody stale."""
    last = np.array([bars.columns["sessions"][span][-1] for span in bars.spans.values()])
    trading = last[last >= last.max() - A_YEAR]
    sessions, counts = np.unique(trading, return_counts=True)
    reached = counts[::-1].cumsum()[::-1]
    newest: date = sessions[reached >= ENOUGH * len(trading)][-1].item()
    return newest
