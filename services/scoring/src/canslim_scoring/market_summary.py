"""Market direction as JSON."""

from dataclasses import asdict
from typing import Any, Final

from canslim_ratings import MarketDirection

#: Days of its log that are kept with a set.
LOG_DAYS: Final = 60


def describe(market: MarketDirection | None) -> dict[str, Any] | None:
    """The market's direction, with the last days of each index's log."""
    if market is None:
        return None
    return {
        "state": market.state,
        # Older than the set's where the indexes have no bar then: criterion M is stale.
        "session": _day(market.session),
        "since": _day(market.since),
        "leader": market.leader,
        "indexes": {
            name: {
                "state": index.state,
                "since": _day(index.since),
                "rally_day": index.rally_day,
                "distribution_days": [_day(day) for day in index.distribution_days],
                "follow_through": _day(index.follow_through),
                "log": [
                    {key: _plain(value) for key, value in asdict(entry).items()} for entry in index.log[-LOG_DAYS:]
                ],
            }
            for name, index in market.indexes.items()
        },
    }


def _day(day: Any) -> str | None:
    return None if day is None else str(day)[:10]


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return _day(value)
    if isinstance(value, float):
        return None if value != value else round(value, 6)
    return value
