"""Stage `history`: rates the sessions of the past, as if on each nothing later were known."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd

from canslim_core.jobs import Outcome, Task, Work
from canslim_infra.postgres.connection import Connection, Database
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


@dataclass(frozen=True)
class Past:
    """What is stored of a universe, and the newest bars on the way through it."""

    universe: str
    members: Members
    stored: StoredFacts
    last_bars: LastBars


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
            return await plan(task)
        return await rate(task, [date.fromisoformat(session) for session in task.payload["sessions"]])

    async def plan(task: Task) -> Outcome[Connection]:
        first, last = task.payload["first"], task.payload["last"]
        async with database.transaction() as connection:
            end = date.fromisoformat(last) if last else await current_session(connection, task.universe)
            found = await plan_sessions(connection, task.universe, date.fromisoformat(first), end)
        wanted = [session.isoformat() for session in found.wanted]
        return Outcome(
            session=end,
            total=len(found.wanted) + len(found.published),
            done=len(found.published),
            unchanged=len(found.published),
            spawn=[
                {"sessions": wanted[start : start + SESSIONS_A_TASK]}
                for start in range(0, len(wanted), SESSIONS_A_TASK)
            ],
            warning=found.warning,
        )

    async def rate(task: Task, sessions: Sequence[date]) -> Outcome[Connection]:
        async with database.transaction() as connection:
            past = await _read(connection, task.universe, sessions)
            written = await sessions_of(connection, task.job_id)
        writing: asyncio.Task[None] | None = None
        try:
            for session in sessions:
                rated = await asyncio.to_thread(_rate, past, session)
                if writing is not None:
                    await writing
                # While the next one is rated. What an earlier attempt has written stays.
                writing = None if session in written else asyncio.create_task(write(task, rated))
            if writing is not None:
                await writing
        finally:
            if writing is not None and not writing.done():
                writing.cancel()
                with suppress(asyncio.CancelledError):
                    await writing
        return Outcome(done=len(sessions))

    async def write(task: Task, rated: RatedSession) -> None:
        async with database.transaction() as connection:
            set_id = await make_set(connection, task, rated.session, rated.coverage, rated.strengths)
            await write_ratings(connection, set_id, rated.market, rated.rows)
            await publish(connection, set_id)

    return work


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


def _rate(past: Past, session: date) -> RatedSession:
    """Sessions must come in their order."""
    day = pd.Timestamp(session)
    past.last_bars.see(session, past.stored.panels["raw_close"].loc[[day]].to_numpy()[0])
    symbols, active = pd.Index(past.members.listed_at(session), dtype=object), past.members.active_at(session)
    panels = {name: past.stored.until(day, name, symbols) for name in ("close", "adj_factor")}
    coverage, strengths = rate_universe(past.universe, session, **panels, active=active)
    facts = past.stored.at(session, strengths)
    scores = score_rows(rate_all(facts), explained=False)
    rows = [
        (*strength, *score[1:])
        for strength, score in zip(strength_rows(strengths, past.last_bars.frame), scores, strict=True)
    ]
    return RatedSession(session, coverage, strengths, describe(facts.market), rows)
