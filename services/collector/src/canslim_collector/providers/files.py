"""Provider `files`: prices, and if present filings, listings and ownership, from a folder."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np

from canslim_collector.provider import Answer, Ask, Columns, Failure, Listing
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

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = asyncio.Lock()
        self._loaded: tuple[str, FileData] | None = None

    async def revision(self) -> str:
        return await asyncio.to_thread(_fingerprint, self._folder)

    async def session(self) -> date:
        return (await self._data()).session

    async def listings(self, universe: str) -> Sequence[Listing]:
        if universe != UNIVERSE:
            raise UnknownSymbol(f"provider 'files' has the universe {UNIVERSE!r}, not {universe!r}")
        return (await self._data()).listings

    async def fetch(self, asks: Sequence[Ask]) -> AsyncIterator[Answer | Failure]:
        data = await self._data()
        for ask in asks:
            if ask.symbol in data.faults:
                yield Failure(ask.symbol, Malformed(data.faults[ask.symbol]))
            elif ask.symbol not in data.bars.spans:
                yield Failure(ask.symbol, UnknownSymbol(f"{self._folder}: prices has no symbol {ask.symbol!r}"))
            else:
                bars, restated = data.bars.bars(ask)
                yield Answer(ask.symbol, bars, restated, data.filings.get(ask.symbol), data.ownership.get(ask.symbol))

    async def _data(self) -> FileData:
        async with self._lock:
            revision = await self.revision()
            if self._loaded is None or self._loaded[0] != revision:
                self._loaded = revision, await asyncio.to_thread(_load, self._folder)
            return self._loaded[1]


def _fingerprint(folder: Path) -> str:
    """Names, sizes and times of change of the files."""
    paths = [path for table in TABLES if (path := find_file(folder, table)) is not None]
    facts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return f"files-{sha256(repr(facts).encode()).hexdigest()[:16]}"


def _load(folder: Path) -> FileData:
    path = find_file(folder, "prices")
    if path is None:
        raise Malformed(f"{folder}: expected prices.parquet, prices.csv or prices.csv.gz, found none of them")
    prices, faults = read_prices(path)
    bars = BarTable.from_frame(prices)
    if not bars.spans:
        reasons = next(iter(faults.values()), "the file has no row")
        raise Malformed(f"{path.name}: no symbol can be used; {reasons}")
    listed = read_listings(folder)
    symbols = listed if listed is not None else {name: Listing(name) for name in (*bars.spans, *faults)}
    for name in BENCHMARKS & {*bars.spans}:
        symbols[name] = Listing(name, symbols[name].name if name in symbols else None, benchmark=True)
    return FileData(
        bars,
        faults,
        tuple(symbols[name] for name in sorted(symbols)),
        read_filings(folder),
        read_ownership(folder),
        _newest_session(bars),
    )


def _newest_session(bars: BarTable) -> date:
    """The newest session that enough symbols have: one symbol that is a day ahead makes nobody stale."""
    last = np.array([bars.columns["sessions"][span][-1] for span in bars.spans.values()])
    sessions, counts = np.unique(last, return_counts=True)
    reached = counts[::-1].cumsum()[::-1]
    newest: date = sessions[reached >= ENOUGH * len(last)][-1].item()
    return newest
