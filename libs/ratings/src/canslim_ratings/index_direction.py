"""The direction of one index, replayed session by session: correction, rally, uptrend, under pressure."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

import pandas as pd

from canslim_ratings.index_replay import Replay
from canslim_ratings.market_state import LogEntry, MarketState

#: A shorter history says nothing about a trend.
MINIMUM_SESSIONS: Final = 60


@dataclass(frozen=True)
class IndexDirection:
    """Where one index stands after its last session, and how it got there.

    state: None below 60 sessions. since: the first session of the current state.
    rally_day: sessions since the rally's first up day, that one being 1; None outside a rally.
    distribution_days: the live ones, oldest first. follow_through: the day that confirmed the current uptrend.
    """

    state: MarketState | None
    since: date | None
    rally_day: int | None
    distribution_days: tuple[date, ...]
    follow_through: date | None
    log: tuple[LogEntry, ...] = field(repr=False)

    @property
    def session(self) -> date | None:
        """The last one with a bar; None without any."""
        return self.log[-1].session if self.log else None

    def follow_through_days(self) -> tuple[date, ...]:
        """Every follow-through day of the replay, oldest first."""
        return tuple(entry.session for entry in self.log if entry.event == "follow_through")


def index_direction(bars: pd.DataFrame) -> IndexDirection:
    """Replays the rules over `bars` and returns where the index stands after the last one.

    bars: one row a session, oldest first, indexed by session; `low`, `close`, `volume`, split-adjusted. Rows
        without a close are left out. Start a year or more before the session of interest: the replay begins in
        a correction.

    Rules:
        rally: day 1 is the first higher close after the correction began, or after the lowest close of the latest
            25 sessions where that came later: counting starts again from a new one, and when a lower one gets too
            old, from the lowest since. A low under the lowest one up to day 1 undoes it likewise.
        follow-through: day 4 or later, a gain of 1.25 % or more, more volume than the day before.
        distribution day: a loss of 0.2 % or more on more volume; forgotten after 25 sessions, or once the index
            closes 5 % above that day's close, and all of them in a correction.
        under pressure: 5 live distribution days; back to an uptrend when fewer are left.
        correction: 6 live distribution days, a close under the rally's low, or one 10 % under the
            uptrend's highest close.

    Source: IBD's Market School rules (effectivevolume.com 3947 and 4177; IBD of 2009-10-14 on docsbay.net;
    marketsmithindia.com); that pressure may ease is ours.
    """
    replay = Replay(bars[bars["close"].notna()])
    log = tuple(replay.step(at) for at in range(len(replay.close)))
    if len(log) < MINIMUM_SESSIONS:
        return IndexDirection(None, None, None, (), None, log)
    return IndexDirection(
        state=replay.state,
        since=_since(log),
        rally_day=log[-1].rally_day,
        distribution_days=tuple(replay.sessions[at] for at in replay.distribution),
        follow_through=None if replay.confirmed is None else replay.sessions[replay.confirmed],
        log=log,
    )


def _since(log: tuple[LogEntry, ...]) -> date:
    since = log[-1].session
    for entry in reversed(log):
        if entry.state is not log[-1].state:
            break
        since = entry.session
    return since
