"""Stage `history`: rates the sessions of the past, as if on each nothing later were known."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd

from canslim_core.jobs import Outcome, Task, Work
from canslim_infra.postgres.connection import Connection, Database
from canslim_infra.postgres.jobs import PostgresJobs
from canslim_ratings import Coverage, rate_all
from canslim_scoring.last_bars import LastBars
from canslim_scoring.market_summary import describe
from canslim_scoring.members import Members, read_members
from canslim_scoring.panel_store import read_last_bars
from canslim_scoring.rating_rows import Row, score_rows, strength_rows
from canslim_scoring.rating_store import current_session, make_set, publish, sessions_of, write_ratings
from canslim_scoring.session_plan import plan_sessions
from canslim_scoring.stored_facts import StoredFacts, read_facts
from canslim_scoring.universe_strength import rate_universe

#: Sessions of one task: they share a year and a half of prices that are read once.
SESSIONS_A_TASK: Final = 63
#: What one stock takes at one session on a busy machine; the job's deadline makes room for all of them.
TIME_A_RATING: Final = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Past:
    """What is stored of a universe, and the newest bars on the way through it."""

    universe: str
    members: Members
    stored: StoredFacts
    last_bars: LastBars

    def see(self, session: date) -> None:
        """Goes on to a session; each must be seen, in their order."""
        closes = self.stored.panels["raw_close"].loc[[pd.Timestamp(session)]].to_numpy()[0]
        self.last_bars.see(session, closes)


@dataclass(frozen=True, slots=True)
class RatedSession:
    """What is to be written of one."""

    session: date
    coverage: Coverage
    strengths: pd.DataFrame
    market: dict[str, Any] | None
    rows: list[Row]


def backfill_ratings(database: Database) -> Work:
    """The stage's work: its first task lists the sessions, the others rate some of them each."""

    async def work(task: Task) -> Outcome[Connection]:
        if "sessions" not in task.payload:
            return await _plan(database, task)
        sessions = [date.fromisoformat(session) for session in task.payload["sessions"]]
        async with database.transaction() as connection:
            past = await _read(connection, task.universe, sessions)
            # By an earlier attempt.
            written = await sessions_of(connection, task.job_id)
            newest = await current_session(connection, task.universe)
        writer = Writer(database, task)
        try:
            for session in sessions:
                past.see(session)
                if session not in written:
                    rated = await asyncio.to_thread(_rate, past, session, explained=session == newest)
                    await writer.begin(rated)
            await writer.end()
        finally:
            writer.cancel()
        return Outcome(done=len(sessions))

    return work


class Writer:
    """Publishes one session while the next one is rated."""

    def __init__(self, database: Database, task: Task) -> None:
        self._database = database
        self._task = task
        self._writing: asyncio.Task[None] | None = None

    async def begin(self, rated: RatedSession) -> None:
        await self.end()
        self._writing = asyncio.create_task(self._write(rated))

    async def end(self) -> None:
        """Raises what went wrong."""
        if self._writing is not None:
            await self._writing

    def cancel(self) -> None:
        if self._writing is not None:
            self._writing.cancel()

    async def _write(self, rated: RatedSession) -> None:
        async with self._database.transaction() as connection:
            set_id = await make_set(connection, self._task, rated.session, rated.coverage, rated.strengths)
            await write_ratings(connection, set_id, rated.market, rated.rows)
            await publish(connection, set_id)
            await PostgresJobs(connection).check_held(self._task)


async def _plan(database: Database, task: Task) -> Outcome[Connection]:
    first, last = task.payload["first"], task.payload["last"]
    async with database.transaction() as connection:
        end = date.fromisoformat(last) if last else await current_session(connection, task.universe)
        found = await plan_sessions(connection, task.universe, date.fromisoformat(first), end)
    wanted = [session.isoformat() for session in found.wanted]
    starts = range(0, len(wanted), SESSIONS_A_TASK)
    return Outcome(
        session=end,
        total=len(found.wanted) + len(found.published),
        done=len(found.published),
        unchanged=len(found.published),
        time_needed=TIME_A_RATING * len(found.wanted) * found.symbols,
        spawn=[{"sessions": wanted[start : start + SESSIONS_A_TASK]} for start in starts],
        warning=found.warning,
    )


async def _read(connection: Connection, universe: str, sessions: Sequence[date]) -> Past:
    members = await read_members(connection, universe)
    stored = await read_facts(
        connection,
        universe,
        members.symbols,
        members.industry,
        sessions[0],
        sessions[-1],
        "adj_factor",
        "raw_close",
    )
    before = await read_last_bars(connection, members.symbols, sessions[0])
    return Past(universe, members, stored, LastBars(before, members.symbols))


def _rate(past: Past, session: date, *, explained: bool) -> RatedSession:
    """Rates the session that was seen last."""
    day = pd.Timestamp(session)
    symbols, active = pd.Index(past.members.listed_at(session), dtype=object), past.members.active_at(session)
    panels = {name: past.stored.until(day, name, symbols) for name in ("close", "adj_factor")}
    coverage, strengths = rate_universe(past.universe, session, **panels, active=active)
    facts = past.stored.at(session, strengths)
    scores = score_rows(rate_all(facts), explained=explained)
    rows = [
        (*strength, *score[1:])
        for strength, score in zip(strength_rows(strengths, past.last_bars.frame), scores, strict=True)
    ]
    return RatedSession(session, coverage, strengths, describe(facts.market), rows)
