"""Stage `rs`: rates every stock of a universe against all others."""

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from canslim_core.errors import NotPublishable
from canslim_core.jobs import Outcome, Task, Work
from canslim_core.stages import SCORE
from canslim_infra.postgres.connection import Connection, Database
from canslim_infra.postgres.jobs import PostgresJobs
from canslim_ratings.coverage import MINIMUM_COVERAGE, Coverage, measure_coverage
from canslim_ratings.relative_strength import ANCHOR_PATIENCE, rate_strength
from canslim_ratings.rs_variants import CALENDAR_63
from canslim_scoring.panel_store import Members, read_last_bars, read_members, read_panels
from canslim_scoring.rating_store import current_session, keep_scores, publish, write_strength

#: Sessions a panel holds: the oldest anchor, and how old its price may be.
PANEL_SESSIONS = CALENDAR_63.sessions_needed + ANCHOR_PATIENCE


def recalculate_rs_rating(database: Database) -> Work:
    """The stage's work."""

    async def work(task: Task) -> Outcome[Connection]:
        async with database.transaction() as connection:
            session = task.session or await current_session(connection, task.universe)
            members = await read_members(connection, task.universe, session)
            panels = await read_panels(connection, members.symbols, session, PANEL_SESSIONS, ("close", "adj_factor"))
            last_bars = await read_last_bars(connection, members.symbols, session)
            stages = (await PostgresJobs(connection).get(task.job_id)).stages
        coverage, strengths = await asyncio.to_thread(_rate, task.universe, session, members, panels)
        counts = {
            "active": coverage.active,
            "priced": coverage.priced,
            "rated": int(strengths["rs_rating"].notna().sum()),
        }
        rows = list(_rows(strengths, last_bars))

        async def write(connection: Connection) -> None:
            await write_strength(connection, task.job_id, task.universe, session, CALENDAR_63.version, counts, rows)
            if SCORE.name not in stages:
                await keep_scores(connection, task.job_id, task.universe, session)
                await publish(connection, task.job_id)

        return Outcome(write=write, session=session)

    return work


def _rate(
    universe: str, session: date, members: Members, panels: dict[str, pd.DataFrame]
) -> tuple[Coverage, pd.DataFrame]:
    active = [symbol for symbol, trades in zip(members.symbols, members.active, strict=True) if trades]
    coverage = measure_coverage(panels["close"], active)
    if not coverage.sufficient:
        raise NotPublishable(
            f"only {coverage.priced} of {coverage.active} active symbols of {universe!r} have a price at "
            f"{session} ({coverage.fraction:.1%}, at least {MINIMUM_COVERAGE:.0%} needed); "
            "nothing is published, the last good ratings stay"
        )
    strengths = rate_strength(panels["close"], known_actions=_known_actions(panels["adj_factor"]), eligible=active)
    return coverage, strengths


def _known_actions(factors: pd.DataFrame) -> pd.DataFrame:
    """The ex-dates inside a panel: where the adjustment factor differs from the one before."""
    values = factors.ffill().to_numpy()
    row, column = np.nonzero(np.abs(values[1:] / values[:-1] - 1) > 1e-9)
    return pd.DataFrame({"symbol": factors.columns[column], "session": factors.index[row + 1]})


def _rows(strengths: pd.DataFrame, last_bars: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Rows of rating_store.RATED, None where a figure is missing."""
    bars = last_bars.reindex(strengths.index)
    columns = (
        bars["last_session"],
        bars["close"],
        strengths["rs_raw"],
        strengths["rs_rating"],
        strengths["rs_provisional"],
        strengths["anchor_filled"],
        strengths["reason"],
    )
    values = [column.astype(object).where(column.notna(), None).tolist() for column in columns]
    for symbol, session, close, raw, rating, provisional, filled, reason in zip(strengths.index, *values, strict=True):
        yield symbol, session, close, raw, _whole(rating), _whole(provisional), filled, reason


def _whole(rating: float | None) -> int | None:
    return None if rating is None else round(rating)
