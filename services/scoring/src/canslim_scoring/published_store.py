"""Evaluates what is published of a universe by what its stocks earned afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from canslim_calendar import sessions_between
from canslim_core.errors import NotPublishable
from canslim_core.ratings import RATINGS
from canslim_infra.postgres.connection import Connection
from canslim_infra.postgres.rating_columns import OWN_COLUMN
from canslim_ratings.evaluation import EvaluationReport, evaluate, suspect_moves
from canslim_scoring.panel_store import read_panels
from canslim_scoring.universe_strength import known_actions


@dataclass(frozen=True)
class PublishedSessions:
    """ratings: session to symbols x ratings, NaN where missing. close, adj_factor: to the newest bar that is stored.

    formulas: how many different sets of formulas rated these sessions.
    """

    ratings: dict[date, pd.DataFrame]
    close: pd.DataFrame
    adj_factor: pd.DataFrame
    formulas: int

    def evaluate(self, names: Sequence[str], *, believe_jumps: bool) -> EvaluationReport:
        """names: the ratings to evaluate. believe_jumps: otherwise windows with an unexplained jump are left out."""
        doubted = None if believe_jumps else suspect_moves(self.close, known_actions(self.adj_factor))
        tables = {session: table[list(names)] for session, table in self.ratings.items()}
        return evaluate(tables, self.close, suspect_moves=doubted)


async def read_published(
    connection: Connection, universe: str, first: date | None, last: date | None, every: int
) -> PublishedSessions:
    """Every `every`-th published session between the dates, and the prices since.

    Raises NotPublishable where there is none.
    """
    sets = await connection.fetch(
        """
        SELECT id, session, ratings, versions, rs_version, score_version FROM rating_set
        WHERE universe = $1 AND published_at IS NOT NULL
          AND ($2::date IS NULL OR session >= $2) AND ($3::date IS NULL OR session <= $3)
        ORDER BY session
        """,
        universe,
        first,
        last,
    )
    if not sets:
        raise NotPublishable(
            f"no session of {universe!r} is published in these dates; "
            "refresh it, and rate the past with `canslim backfill`"
        )
    ratings = {chosen["session"]: await _table(connection, chosen) for chosen in sets[::every]}
    symbols = sorted({symbol for table in ratings.values() for symbol in table.index})
    newest: date = await connection.fetchval("SELECT max(last_session) FROM series WHERE symbol = ANY($1)", symbols)
    count = len(sessions_between(min(ratings), newest))
    panels = await read_panels(connection, symbols, newest, count, ("close", "adj_factor"))
    formulas = {(one["rs_version"], one["score_version"], *one["ratings"], *one["versions"]) for one in sets[::every]}
    return PublishedSessions(ratings, panels["close"], panels["adj_factor"], len(formulas))


async def _table(connection: Connection, chosen: Any) -> pd.DataFrame:
    own = ", ".join(f"{name}::float8" for name in OWN_COLUMN)
    rows = await connection.fetch(f"SELECT symbol, figures, {own} FROM rating WHERE set_id = $1", chosen["id"])
    index = pd.Index([row["symbol"] for row in rows], dtype=object)
    width = len(chosen["ratings"])
    shared = np.array([row["figures"] or [None] * width for row in rows], dtype=np.float64).reshape(len(rows), width)
    table = pd.DataFrame(shared, index=index, columns=list(chosen["ratings"]))
    for name in OWN_COLUMN:
        table[name] = np.array([row[name] for row in rows], dtype=np.float64)
    return table.reindex(columns=list(RATINGS))
