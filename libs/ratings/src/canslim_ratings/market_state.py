"""The states of a market, and the log of how it moved between them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class MarketState(StrEnum):
    """Where an index, or the market, stands; from weak to strong by `strength`."""

    CORRECTION = "correction"
    RALLY = "rally_attempt"
    UNDER_PRESSURE = "under_pressure"
    UPTREND = "confirmed_uptrend"

    @property
    def strength(self) -> int:
        """0 for a correction to 3 for a confirmed uptrend."""
        return list(MarketState).index(self)


@dataclass(frozen=True)
class LogEntry:
    """One session of the replay, and why it left the index where it is.

    event: `new_low`, `undercut`, `later_low` (of where the rally is counted from), `rally`, `follow_through`,
    `distribution`, `pressure`, `relief`, `correction`; None where nothing happened. Of two the one that moved the state
    is told. text: the same with its figures, on every session. rally_day: rises by one from session to session unless
    there is an event.
    """

    session: date
    state: MarketState
    event: str | None
    text: str
    distribution_count: int
    rally_day: int | None
