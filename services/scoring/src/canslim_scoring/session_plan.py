"""Which sessions of the past a backfill rates."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from canslim_calendar import sessions_between
from canslim_core.errors import NotPublishable
from canslim_infra.postgres.connection import Connection
from canslim_ratings import FORMULA, MINIMUM_COVERAGE
from canslim_scoring.members import read_members
from canslim_scoring.rating_rows import SHARED
from canslim_scoring.universe_strength import VERSION

#: Sessions that a warning names.
NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """wanted: to be rated. published: by the formulas of today already. thin: too few stocks have a price.

    symbols: of the universe.
    """

    symbols: int
    wanted: list[date]
    published: list[date]
    thin: list[date]

    @property
    def warning(self) -> str | None:
        if not self.thin:
            return None
        named = ", ".join(map(str, self.thin[:NAMED])) + (" and others" if len(self.thin) > NAMED else "")
        return f"not rated, for too few stocks have a price then: {named} ({len(self.thin)} in all)"


async def plan_sessions(connection: Connection, universe: str, first: date, last: date) -> SessionPlan:
    """Sorts the calendar's sessions between the two. Raises NotPublishable where none of them can be rated."""
    members = await read_members(connection, universe)
    priced = await _priced(connection, universe, first, last)
    published = await _published(connection, universe, first, last)
    plan = SessionPlan(len(members.symbols), [], [], [])
    for session in sessions_between(first, last).astype(object):
        active = len(members.active_at(session))
        if session in published:
            plan.published.append(session)
        elif active and priced.get(session, 0) >= MINIMUM_COVERAGE * active:
            plan.wanted.append(session)
        else:
            plan.thin.append(session)
    if not plan.wanted and not plan.published:
        raise NotPublishable(
            f"no session of {universe!r} from {first} to {last} can be rated; {plan.warning or 'there is none'}"
        )
    return plan


async def _priced(connection: Connection, universe: str, first: date, last: date) -> dict[date, int]:
    """How many stocks of the universe that were active have a price."""
    rows = await connection.fetch(
        """
        SELECT session, count(*) AS priced
        FROM universe_member JOIN listing USING (symbol) JOIN daily_bar USING (symbol)
        WHERE universe = $1 AND NOT benchmark AND session BETWEEN $2 AND $3 AND coalesce(delisted_on >= session, true)
        GROUP BY session
        """,
        universe,
        first,
        last,
    )
    return {row["session"]: row["priced"] for row in rows}


async def _published(connection: Connection, universe: str, first: date, last: date) -> set[date]:
    rows = await connection.fetch(
        """
        SELECT session FROM rating_set
        WHERE universe = $1 AND session BETWEEN $2 AND $3 AND published_at IS NOT NULL
          AND rs_version = $4 AND score_version = $5 AND ratings = $6 AND versions = $7
        """,
        universe,
        first,
        last,
        VERSION,
        FORMULA,
        [rating.name for rating in SHARED],
        [rating.version for rating in SHARED],
    )
    return {row["session"] for row in rows}
