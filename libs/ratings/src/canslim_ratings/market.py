"""The direction of the market: M of CAN SLIM."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from canslim_ratings.index_direction import IndexDirection, index_direction
from canslim_ratings.market_state import LogEntry, MarketState


@dataclass(frozen=True)
class MarketDirection:
    """Where the market stands, by its strongest index, and what each index says.

    session: the newest on which an index has a bar, and what is said here holds of that one; None without a bar.
    state: None if no index with a bar on it has 60 sessions. since: the first session of the current state of the
    market, not of the leading index. leader: the index the state comes from.
    """

    session: date | None
    state: MarketState | None
    since: date | None
    leader: str | None
    indexes: Mapping[str, IndexDirection]


def market_direction(bars: Mapping[str, pd.DataFrame]) -> MarketDirection:
    """Replays each index of `bars` (see `index_direction`) and reads the market off the strongest.

    A follow-through on one major index confirms the market (IBD), so on every session it stands where its
    strongest index does: uptrend above under pressure above rally above correction. Among equals the leader is the
    index that got there last, then the first named. An index whose bars end before the newest session has no say: what
    it would say today is not known. One without a bar on an earlier session keeps its last state there.
    """
    indexes = {name: index_direction(frame) for name, frame in bars.items()}
    session = max((direction.session for direction in indexes.values() if direction.session), default=None)
    rated = {
        name: direction
        for name, direction in indexes.items()
        if direction.state is not None and direction.session == session
    }
    if not rated:
        return MarketDirection(session, None, None, None, indexes)
    strength = pd.DataFrame({name: _strengths(direction.log) for name, direction in rated.items()})
    market = strength.sort_index().ffill().max(axis="columns")
    state = list(MarketState)[int(market.iloc[-1])]
    other = market.index[market != market.iloc[-1]]
    since = market.index[0] if other.empty else market.index[market.index > other[-1]][0]
    return MarketDirection(session, state, since, _leader(rated, state), indexes)


def _strengths(log: tuple[LogEntry, ...]) -> pd.Series:
    return pd.Series(
        [entry.state.strength for entry in log],
        index=pd.Index([entry.session for entry in log], dtype=object),
        dtype="float64",
    )


def _leader(rated: Mapping[str, IndexDirection], state: MarketState) -> str:
    """Names the index in `state` that reached it last."""
    there = {name: index for name, index in rated.items() if index.state is state}
    return max(there, key=lambda name: there[name].since or date.min)
