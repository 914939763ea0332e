"""What a market is made from: the same spec and changes give the same market in every process."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import TypeAdapter

#: Friday 2026-03-20, an hour after the close in New York.
NOW = datetime(2026, 3, 20, 21, tzinfo=UTC)


@dataclass(frozen=True)
class MarketSpec:
    """Shares are fractions of the symbols. The first companies of a larger market are those of a smaller one.

    also: symbols beside the made-up ones. first: where the oldest histories start. now: when the market starts to
    live; it can be moved on by `days_ahead` at most.
    """

    seed: int = 1
    symbols: int = 50
    also: tuple[str, ...] = ()
    first: date = date(2020, 1, 2)
    now: datetime = NOW
    days_ahead: int = 400
    splits: float = 0.12
    dividends: float = 0.35
    recent_listings: float = 0.06
    delistings: float = 0.0
    without_reports: float = 0.04
    null_points: float = 0.06

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("now needs a time zone")

    @classmethod
    def read(cls, path: Path) -> "MarketSpec":
        return SPEC.validate_json(path.read_bytes())

    def to_json(self) -> bytes:
        return SPEC.dump_json(self)


SPEC = TypeAdapter(MarketSpec)
