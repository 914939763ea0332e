"""Provider `sample`: real data that ships with the project; its today is the last session it holds."""

import asyncio
import io
from collections.abc import AsyncIterator, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from canslim_collector.provider import Answer, Ask, Columns, Failure, Floats, Listing
from canslim_collector.providers.bar_table import BarTable, columns_by_symbol
from canslim_core.errors import UnknownSymbol

UNIVERSE = "sample"
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

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._loaded: SampleData | None = None

    async def revision(self) -> str:
        return (await self._data()).revision

    async def session(self) -> date:
        return (await self._data()).session

    async def listings(self, universe: str) -> Sequence[Listing]:
        if universe != UNIVERSE:
            raise UnknownSymbol(f"provider 'sample' has the universe {UNIVERSE!r}, not {universe!r}")
        return (await self._data()).listings

    async def fetch(self, asks: Sequence[Ask]) -> AsyncIterator[Answer | Failure]:
        data = await self._data()
        for ask in asks:
            if ask.symbol not in data.bars.spans:
                yield Failure(ask.symbol, UnknownSymbol(f"the sample has no symbol {ask.symbol!r}"))
                continue
            bars, restated = data.bars.bars(ask)
            yield Answer(ask.symbol, bars, restated, data.filings.get(ask.symbol))

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
