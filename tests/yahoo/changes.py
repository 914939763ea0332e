"""What can happen to a market while it lives. A day is a session; prices and counts are as of that day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter


@dataclass(frozen=True)
class Split:
    """2 for 1 has numerator 2; 1 for 10 has denominator 10."""

    symbol: str
    ex_date: date
    numerator: float
    denominator: float = 1
    kind: Literal["split"] = "split"

    @property
    def factor(self) -> float:
        """What earlier prices are multiplied with."""
        return self.denominator / self.numerator


@dataclass(frozen=True)
class Dividend:
    """amount: dollars for a share as it trades on the ex-date."""

    symbol: str
    ex_date: date
    amount: float
    kind: Literal["dividend"] = "dividend"


@dataclass(frozen=True)
class Quarter:
    """A quarterly report in the shares of the day it was announced. Of one period the last announced counts."""

    symbol: str
    period_end: date
    announced: datetime
    fiscal_year: int
    fiscal_quarter: int
    revenue: float
    net_income: float
    equity: float
    diluted_eps: float
    basic_eps: float
    diluted_shares: float
    basic_shares: float
    estimated_eps: float
    kind: Literal["quarter"] = "quarter"


@dataclass(frozen=True)
class Listing:
    """The symbol's first session."""

    symbol: str
    on: date
    kind: Literal["listing"] = "listing"


@dataclass(frozen=True)
class Delisting:
    """The first session without the symbol."""

    symbol: str
    on: date
    kind: Literal["delisting"] = "delisting"


@dataclass(frozen=True)
class Rename:
    """From the session `on`, `symbol` is unknown and `to` has all its history."""

    symbol: str
    to: str
    on: date
    kind: Literal["rename"] = "rename"


@dataclass(frozen=True)
class Halt:
    """No bars from the session `since` until the one before `until`."""

    symbol: str
    since: date
    until: date | None = None
    kind: Literal["halt"] = "halt"


@dataclass(frozen=True)
class UnappliedSplit:
    """Charts leave the prices before the symbol's last split as they were; with `shown` they name the split all the
    same. Quotes and the truth are right. `active` False ends it."""

    symbol: str
    shown: bool = True
    active: bool = True
    kind: Literal["unapplied_split"] = "unapplied_split"


@dataclass(frozen=True)
class Stale:
    """Charts, sparks and quotes of the symbol ("*": of all) are those of so many sessions ago; 0 ends it."""

    symbol: str
    sessions: int
    kind: Literal["stale"] = "stale"


@dataclass(frozen=True)
class NullPoints:
    """One point of each of the symbol's statement series is null."""

    symbol: str
    active: bool = True
    kind: Literal["null_points"] = "null_points"


Change = Split | Dividend | Quarter | Listing | Delisting | Rename | Halt | UnappliedSplit | Stale | NullPoints
CHANGES: TypeAdapter[list[Change]] = TypeAdapter(list[Annotated[Change, Field(discriminator="kind")]])
