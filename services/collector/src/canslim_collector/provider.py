"""The port every source of market data implements, and the values that cross it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from canslim_core.errors import ProviderError

Floats = npt.NDArray[np.float64]
#: Equal-length arrays by name: a small table without the weight of a frame.
Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol as its universe lists it. `benchmark`: an index fund, rated by nobody."""

    symbol: str
    name: str | None = None
    exchange: str | None = None
    sector: str | None = None
    industry: str | None = None
    benchmark: bool = False
    #: The last session of a symbol that no longer trades; None while it does.
    delisted_on: date | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a symbol already: where an incremental answer begins."""

    last_session: date
    last_close: float
    last_adj_factor: float


@dataclass(frozen=True, slots=True)
class Ask:
    """One symbol to fetch; `stored` is None when nothing is stored, or all of it is to be read anew."""

    symbol: str
    stored: Stored | None = None


@dataclass(frozen=True, slots=True)
class Bars:
    """Daily bars of one symbol: equal-length arrays, oldest first, one row a session, nothing missing.

    Prices are as traded, in the listing currency. `close * adj_factor` is adjusted for splits and
    dividends, `price * split_factor` and `volume / split_factor` for splits alone.
    """

    sessions: npt.NDArray[np.datetime64]  # datetime64[D]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: npt.NDArray[np.int64]
    adj_factor: Floats
    split_factor: Floats


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source says of one symbol.

    bars: the sessions after `Ask.stored`, or the whole history where `restated`.
    restated: what is stored is to be replaced as a whole (new symbol, split, dividend, broken chain).
    filings: one row a filing: `period_end, known_on` (datetime64[D]), `fiscal_period` (Q1, Q2, Q3, Q4, FY),
        `fiscal_year` (int), `revenue, net_income, eps_basic, eps_diluted, equity` (float, NaN = not reported);
        None where the source has no filings.
    ownership: one row a snapshot: `as_of` (datetime64[D]), `institutional_pct`, `holders`,
        `shares_outstanding`, `shares_float` (float, NaN = not known); None where the source has none.
    """

    symbol: str
    bars: Bars
    restated: bool
    filings: Columns | None = None
    ownership: Columns | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A symbol that could not be fetched, with the reason the source gave."""

    symbol: str
    error: ProviderError = field(repr=False)


class Provider(Protocol):
    """A source of market data. Synchronous work that blocks belongs in a thread of the provider's own."""

    #: The name in CANSLIM_PROVIDER.
    name: str

    async def revision(self) -> str:
        """A token that changes whenever the source may have something new for any symbol."""
        ...

    async def session(self) -> date:
        """The newest complete session the source can have: the one ratings are made for."""
        ...

    async def listings(self, universe: str) -> Sequence[Listing]:
        """The symbols of a universe, benchmarks included.

        Raises UnknownSymbol for a universe the source does not have, Malformed for a bad file.
        """
        ...

    def fetch(self, asks: Sequence[Ask]) -> AsyncIterator[Answer | Failure]:
        """One Answer or Failure for each Ask, in any order.

        Raises Throttled or Unavailable where the whole source is away: the task is tried again.
        """
        ...
