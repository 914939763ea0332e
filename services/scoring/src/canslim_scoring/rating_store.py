"""Writes and reads rating sets: what one job found for one universe at one session."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import pandas as pd

from canslim_core.errors import NotPublishable
from canslim_infra.postgres.connection import Connection

RATED = (
    "symbol",
    "last_session",
    "close",
    "rs_raw",
    "rs_rating",
    "rs_provisional",
    "rs_anchor_filled",
    "rs_reason",
)


async def current_session(connection: Connection, universe: str) -> date:
    """The session to rate where no provider was asked: that of the newest published set or stored bar.

    Raises NotPublishable where nothing is stored of the universe.
    """
    session: date | None = await connection.fetchval(
        """
        SELECT coalesce(
            (SELECT max(session) FROM rating_set WHERE universe = $1 AND published_at IS NOT NULL),
            (SELECT max(last_session) FROM series JOIN universe_member USING (symbol) WHERE universe = $1))
        """,
        universe,
    )
    if session is None:
        raise NotPublishable(f"nothing is stored of universe {universe!r} yet; refresh it first")
    return session


async def write_strength(
    connection: Connection,
    job_id: UUID,
    universe: str,
    session: date,
    version: str,
    counts: Mapping[str, int],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    """Makes the job's set, unpublished, with one row of RATED a symbol."""
    set_id = await connection.fetchval(
        """
        INSERT INTO rating_set (job_id, universe, session, rs_version, active, priced, rated)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id
        """,
        job_id,
        universe,
        session,
        version,
        counts["active"],
        counts["priced"],
        counts["rated"],
    )
    await connection.copy_records_to_table(
        "rating", records=[(set_id, *row) for row in rows], columns=("set_id", *RATED)
    )


async def open_set(connection: Connection, job_id: UUID, universe: str, session: date) -> int:
    """The job's set; where its pipeline has no stage `rs`, a copy of the published strengths."""
    own: int | None = await connection.fetchval("SELECT id FROM rating_set WHERE job_id = $1", job_id)
    if own is not None:
        return own
    copied: int = await connection.fetchval(
        """
        INSERT INTO rating_set (job_id, universe, session, rs_version, active, priced, rated)
        SELECT $1, universe, session, rs_version, active, priced, rated FROM rating_set
        WHERE universe = $2 AND session = $3 AND published_at IS NOT NULL
        RETURNING id
        """,
        job_id,
        universe,
        session,
    )
    columns = ", ".join(RATED)
    await connection.execute(
        f"""
        INSERT INTO rating (set_id, {columns})
        SELECT $1, {columns} FROM rating
        WHERE set_id = (SELECT id FROM rating_set
                        WHERE universe = $2 AND session = $3 AND published_at IS NOT NULL)
        """,
        copied,
        universe,
        session,
    )
    return copied


async def read_strength(connection: Connection, job_id: UUID, universe: str, session: date) -> pd.DataFrame:
    """The strengths of the job's own set, or else of the published one, as `rate_strength` returned them.

    Raises NotPublishable where there is neither.
    """
    rows = await connection.fetch(
        """
        SELECT symbol, rs_raw, rs_rating::float8, rs_provisional::float8, rs_anchor_filled, rs_reason
        FROM rating
        WHERE set_id = (SELECT id FROM rating_set
                        WHERE job_id = $1
                           OR (universe = $2 AND session = $3 AND published_at IS NOT NULL)
                        ORDER BY job_id = $1 DESC LIMIT 1)
        ORDER BY symbol
        """,
        job_id,
        universe,
        session,
    )
    if not rows:
        raise NotPublishable(f"universe {universe!r} has no ratings of {session} to score; run stage rs too")
    names = ["symbol", "rs_raw", "rs_rating", "rs_provisional", "anchor_filled", "reason"]
    frame = pd.DataFrame([tuple(row) for row in rows], columns=pd.Index(names)).set_index("symbol")
    return frame.astype(dict.fromkeys(names[1:4], "float64"))


async def keep_scores(connection: Connection, job_id: UUID, universe: str, session: date) -> None:
    """Carries the published scores over into a set that only stage `rs` made."""
    await connection.execute(
        """
        UPDATE rating SET score = old.score, coverage = old.coverage, graded = old.graded,
                          score_reason = old.score_reason, letters = old.letters, details = old.details
        FROM rating AS old JOIN rating_set AS published ON published.id = old.set_id
        WHERE rating.set_id = (SELECT id FROM rating_set WHERE job_id = $1) AND old.symbol = rating.symbol
          AND published.universe = $2 AND published.session = $3 AND published.published_at IS NOT NULL
        """,
        job_id,
        universe,
        session,
    )
    await connection.execute(
        """
        UPDATE rating_set SET score_version = old.score_version, market = old.market
        FROM rating_set AS old
        WHERE rating_set.job_id = $1 AND old.universe = $2 AND old.session = $3
          AND old.published_at IS NOT NULL
        """,
        job_id,
        universe,
        session,
    )


async def write_scores(
    connection: Connection,
    set_id: int,
    version: str,
    market: Mapping[str, Any] | None,
    table: pd.DataFrame,
    letters: Mapping[str, tuple[str, str]],
) -> None:
    """Adds scores (a ScoreCard's table) to the set. letters: by symbol, summary and details (`encode_letters`)."""
    symbols = list(letters)
    ordered = table.loc[symbols]
    await connection.execute(
        """
        UPDATE rating SET score = fresh.score, coverage = fresh.coverage, graded = fresh.graded,
                          score_reason = fresh.reason, letters = fresh.letters::jsonb,
                          details = fresh.details::json
        FROM unnest($2::text[], $3::float8[], $4::float8[], $5::bool[], $6::text[], $7::text[], $8::text[])
             AS fresh (symbol, score, coverage, graded, reason, letters, details)
        WHERE set_id = $1 AND rating.symbol = fresh.symbol
        """,
        set_id,
        symbols,
        optional(ordered["score"]),
        optional(ordered["coverage"]),
        ordered["graded"].tolist(),
        optional(ordered["reason"]),
        [summary for summary, _ in letters.values()],
        [details for _, details in letters.values()],
    )
    await connection.execute(
        "UPDATE rating_set SET score_version = $2, market = $3 WHERE id = $1", set_id, version, market
    )


def encode_letters(details: Mapping[str, Any]) -> tuple[str, str]:
    """One symbol's letters as JSON: points and available points alone, and all there is."""
    return _json(_summary(details)), _json(details)


def _summary(detail: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {letter: {"points": judged["points"], "available": judged["available"]} for letter, judged in detail.items()}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


async def publish(connection: Connection, job_id: UUID) -> None:
    """Shows the job's set to readers in place of an older one of the same universe and session."""
    await connection.execute(
        """
        DELETE FROM rating_set AS old USING rating_set AS new
        WHERE new.job_id = $1 AND old.id <> new.id
          AND old.universe = new.universe AND old.session = new.session
          AND (old.published_at IS NOT NULL
               OR EXISTS (SELECT FROM job WHERE job.id = old.job_id AND job.finished_at IS NOT NULL))
        """,
        job_id,
    )
    await connection.execute("UPDATE rating_set SET published_at = clock_timestamp() WHERE job_id = $1", job_id)


def optional(column: "pd.Series[Any]") -> list[Any]:
    """A column as Python values, None where it is missing."""
    return column.astype(object).where(column.notna(), None).tolist()
