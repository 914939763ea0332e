"""The port every source of market data implements, and the values that cross it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from canslim_core.errors import ProviderError
from canslim_core.jobs import Pause
from canslim_core.stages import BATCH_SIZE

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

    first_session: date
    last_session: date
    last_close: float
    last_adj_factor: float


@dataclass(frozen=True, slots=True)
class Ask:
    """One symbol to fetch.

    stored: None when nothing is stored, or all of it is to be read anew.
    memo: what the same provider's last answer asked to be remembered; JSON-ready.
    """

    symbol: str
    stored: Stored | None = None
    memo: Mapping[str, Any] = field(default_factory=dict)


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
    reports: `filings` without `known_on`, from a source that shows only the newest figures: what is new or has
        changed becomes known at the session it is fetched for, and a NaN changes nothing. None where not asked.
    profile: new details of the listing, by the field of Listing; None where not asked.
    memo: what to hand over with the next Ask.
    incomplete: the source did not answer for all of it; worth another try before the rest is stored alone.
    """

    symbol: str
    bars: Bars
    restated: bool
    filings: Columns | None = None
    ownership: Columns | None = None
    reports: Columns | None = None
    profile: Mapping[str, str] | None = None
    memo: Mapping[str, Any] = field(default_factory=dict)
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A symbol that could not be fetched, with the reason the source gave."""

    symbol: str
    error: ProviderError = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """At most one answer or failure an Ask; those with neither were not got to, and are asked for again.

    pause: the source asked us to wait.
    """

    answers: Sequence[Answer]
    failures: Sequence[Failure] = ()
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class Habits:
    """How a source wants to be treated.

    tasks: how many a process works on at once, where the settings don't say.
    batch: symbols a task asks it for.
    list_for: how long a universe's list stays good.
    live: it follows the market, so that its newest session can be compared with the calendar's.
    misses: sessions at which it must deny a symbol until that counts as delisted; None: it may come any time.
    probe_after: how long a delisted symbol is left alone.
    benchmarks: what it has for market direction, for lists that it did not make.
    """

    tasks: int = 4
    batch: int = BATCH_SIZE
    list_for: timedelta = timedelta(0)
    live: bool = False
    misses: int | None = None
    probe_after: timedelta = timedelta(0)
    benchmarks: tuple[str, ...] = ()


class Provider(Protocol):
    """A source of market data. Synchronous work that blocks belongs in a thread of the provider's own."""

    #: The name in CANSLIM_PROVIDER.
    name: str
    habits: Habits

    async def session(self) -> date:
        """The newest complete session the source can have: the one ratings are made for."""
        ...

    async def revision(self, session: date) -> str:
        """A token that changes whenever the source may have something new for any symbol up to the session."""
        ...

    async def listings(self, universe: str, before: Sequence[str] = ()) -> Sequence[Listing]:
        """The symbols of a universe, benchmarks included. before: what it listed the last time.

        Raises UnknownSymbol for a universe the source does not have, Malformed for a bad file, Implausible for a
        list that can't be true.
        """
        ...

    def time_needed(self, symbols: int) -> timedelta:
        """How long the source makes us take for so many new symbols."""
        ...

    async def fetch(self, asks: Sequence[Ask], session: date) -> Fetched:
        """Asks for the bars up to the session, and counts its requests by `tally.count_requests`.

        Raises Throttled or Unavailable where the whole source is away: the task is tried again.
        """
        ...
