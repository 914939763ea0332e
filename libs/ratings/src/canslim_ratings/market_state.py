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
    """One session of the replay. `event` is a code or None, `text` says the same with its figures."""

    session: date
    state: MarketState
    event: str | None
    text: str
    distribution_count: int
    rally_day: int | None
