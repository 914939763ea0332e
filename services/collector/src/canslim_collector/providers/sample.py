"""Provider `sample`: real data that ships with the project; its today is the last session it holds."""

import asyncio
import io
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from canslim_collector.provider import Answer, Ask, Columns, Failure, Fetched, Floats, Habits, Listing
from canslim_collector.providers.bar_table import BarTable, columns_by_symbol
from canslim_core.errors import UnknownSymbol

UNIVERSE = "sample"
BENCHMARKS = ("SPY", "QQQ")
FOLDER = files("canslim_collector") / "sample_data"


@dataclass(frozen=True)
class SampleData:
    bars: BarTable
    filings: dict[str, Columns]
    listings: tuple[Listing, ...]
    revision: str

    @property
    def session(self) -> date:
        last: date = self.bars.columns["sessions"].max().item()
        return last


class Sample:
    """Reads its files once, at the first use."""

    name = "sample"
    habits = Habits(benchmarks=BENCHMARKS)

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._loaded: SampleData | None = None

    async def session(self) -> date:
        return (await self._data()).session

    async def revision(self, session: date) -> str:
        return (await self._data()).revision

    async def listings(self, universe: str, before: Sequence[str] = ()) -> Sequence[Listing]:
        if universe != UNIVERSE:
            raise UnknownSymbol(f"provider 'sample' has the universe {UNIVERSE!r}, not {universe!r}")
        return (await self._data()).listings

    def time_needed(self, symbols: int) -> timedelta:
        return timedelta(0)

    async def fetch(self, asks: Sequence[Ask], session: date) -> Fetched:
        data = await self._data()
        known = [ask for ask in asks if ask.symbol in data.bars.spans]
        unknown = [ask.symbol for ask in asks if ask.symbol not in data.bars.spans]
        return Fetched(
            [Answer(ask.symbol, *data.bars.bars(ask), data.filings.get(ask.symbol)) for ask in known],
            [Failure(symbol, UnknownSymbol(f"the sample has no symbol {symbol!r}")) for symbol in unknown],
        )

    async def _data(self) -> SampleData:
        async with self._lock:
            if self._loaded is None:
                self._loaded = await asyncio.to_thread(_load)
            return self._loaded


def _load() -> SampleData:
    names = ("prices", "events", "filings", "listings")
    content = {name: (FOLDER / f"{name}.parquet").read_bytes() for name in names}
    prices, events, filings, listings = (_read(content[name]) for name in names)
    prices["split_factor"] = _split_factors(prices, events)
    for name in ("open", "high", "low", "close"):
        prices[name] = prices[name].astype("float64").round(4)
    return SampleData(
        BarTable.from_frame(prices),
        columns_by_symbol(filings),
        tuple(_listing(row) for row in listings.astype(object).where(listings.notna(), None).to_dict("records")),
        f"sample-{sha256(b''.join(content.values())).hexdigest()[:12]}",
    )


def _listing(row: dict[Hashable, Any]) -> Listing:
    return Listing(row["symbol"], row["name"], benchmark=bool(row["benchmark"]), delisted_on=row["delisted_on"])


def _read(content: bytes) -> pd.DataFrame:
    frame = pd.read_parquet(io.BytesIO(content))
    for name in ("period_end", "known_on", "ex_date"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name])
    return frame


def _split_factors(prices: pd.DataFrame, events: pd.DataFrame) -> Floats:
    """For each bar the product of the factors of later split-like events of its symbol."""
    splits = events[events["kind"] == "split_like"]
    dates = pd.to_datetime(prices["date"]).to_numpy()
    symbols = prices["symbol"].to_numpy(dtype=object)
    factors = np.ones(len(prices))
    for symbol, ex_date, factor in zip(splits["symbol"], splits["ex_date"], splits["factor"], strict=True):
        factors[(symbols == symbol) & (dates < np.datetime64(ex_date))] *= factor
    return factors
