"""Writes and reads rating sets: what a job found for one universe at one session."""

from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import pandas as pd

from canslim_core.errors import NotPublishable
from canslim_core.jobs import Task
from canslim_infra.postgres.connection import Connection
from canslim_ratings import FORMULA, Coverage
from canslim_scoring.rating_rows import SCORE_COLUMNS, SHARED, STRENGTH_COLUMNS, Row
from canslim_scoring.universe_strength import VERSION

#: A market's direction as JSON; None where a universe has no benchmark.
Market = dict[str, Any] | None

#: Rows on their way into a set.
STAGED: Final = """
    CREATE TEMPORARY TABLE staged (
        symbol text, last_session date, close float8, rs_raw float8, rs_rating int2,
        rs_provisional int2, rs_anchor_filled bool, rs_reason text, score float8, coverage float8, graded bool,
        score_reason text, figures float8[], reasons text[], letters text, details text
    ) ON COMMIT DROP
"""
STRENGTHS: Final = ", ".join(STRENGTH_COLUMNS)
SCORES: Final = ", ".join(SCORE_COLUMNS)
#: The staged scores. COPY takes no JSON from asyncpg.
FRESH: Final = ", ".join(
    f"staged.{name}" + {"letters": "::jsonb", "details": "::json"}.get(name, "") for name in SCORE_COLUMNS
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


async def sessions_of(connection: Connection, job_id: UUID) -> set[date]:
    """The sessions that a job has made a set of."""
    rows = await connection.fetch("SELECT session FROM rating_set WHERE job_id = $1", job_id)
    return {row["session"] for row in rows}


async def make_set(
    connection: Connection, task: Task, session: date, coverage: Coverage, strengths: pd.DataFrame
) -> int:
    """Makes a set of the task's job, unpublished and empty. strengths: what `rate_strength` returned."""
    set_id: int = await connection.fetchval(
        """
        INSERT INTO rating_set (job_id, universe, session, rs_version, active, priced, rated, universe_hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
        """,
        task.job_id,
        task.universe,
        session,
        VERSION,
        coverage.active,
        coverage.priced,
        int(strengths["rs_rating"].notna().sum()),
        universe_hash(strengths.index[strengths["rs_rating"].notna()]),
    )
    return set_id


def universe_hash(symbols: Iterable[str]) -> str:
    """Names a set of symbols: two sets with one hash rated the same stocks against each other."""
    return sha256("\n".join(sorted(symbols)).encode()).hexdigest()[:16]


async def write_strength(connection: Connection, set_id: int, rows: Iterable[Row]) -> None:
    """Adds one row of STRENGTH_COLUMNS a symbol to an empty set."""
    await connection.copy_records_to_table(
        "rating", records=[(set_id, *row) for row in rows], columns=("set_id", *STRENGTH_COLUMNS)
    )


async def open_set(connection: Connection, job_id: UUID, universe: str, session: date) -> int:
    """The job's set; where its pipeline has no stage `rs`, a copy of the published strengths."""
    own: int | None = await connection.fetchval("SELECT id FROM rating_set WHERE job_id = $1", job_id)
    if own is not None:
        return own
    copied: int = await connection.fetchval(
        """
        INSERT INTO rating_set (job_id, universe, session, rs_version, active, priced, rated, universe_hash)
        SELECT $1, universe, session, rs_version, active, priced, rated, universe_hash FROM rating_set
        WHERE universe = $2 AND session = $3 AND published_at IS NOT NULL
        RETURNING id
        """,
        job_id,
        universe,
        session,
    )
    await connection.execute(
        f"""
        INSERT INTO rating (set_id, {STRENGTHS})
        SELECT $1, {STRENGTHS} FROM rating
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


#: The published set of the universe and session of set $1.
PUBLISHED: Final = """
    SELECT old.* FROM rating_set AS old JOIN rating_set AS own USING (universe, session)
    WHERE own.id = $1 AND old.published_at IS NOT NULL
"""


async def keep_scores(connection: Connection, set_id: int) -> None:
    """Carries the published scores over into a set that only stage `rs` made."""
    await connection.execute(
        f"""
        WITH published AS ({PUBLISHED})
        UPDATE rating SET ({SCORES}) = ROW ({", ".join(f"old.{name}" for name in SCORE_COLUMNS)})
        FROM rating AS old JOIN published ON published.id = old.set_id
        WHERE rating.set_id = $1 AND old.symbol = rating.symbol
        """,
        set_id,
    )
    await connection.execute(
        f"""
        WITH published AS ({PUBLISHED})
        UPDATE rating_set
        SET score_version = published.score_version, ratings = published.ratings, versions = published.versions,
            market = published.market
        FROM published WHERE rating_set.id = $1
        """,
        set_id,
    )


async def write_scores(connection: Connection, set_id: int, market: Market, rows: Iterable[Row]) -> None:
    """Adds scores (of `score_rows`) to a set that has its strengths."""
    await _stage(connection, ("symbol", *SCORE_COLUMNS), rows)
    await connection.execute(
        f"""
        UPDATE rating SET ({SCORES}) = ROW ({FRESH}) FROM staged
        WHERE rating.set_id = $1 AND rating.symbol = staged.symbol
        """,
        set_id,
    )
    await _describe(connection, set_id, market)


async def write_ratings(connection: Connection, set_id: int, market: Market, rows: Iterable[Row]) -> None:
    """Fills an empty set with rows of STRENGTH_COLUMNS and SCORE_COLUMNS."""
    await _stage(connection, (*STRENGTH_COLUMNS, *SCORE_COLUMNS), rows)
    await connection.execute(
        f"INSERT INTO rating (set_id, {STRENGTHS}, {SCORES}) SELECT $1, {STRENGTHS}, {FRESH} FROM staged", set_id
    )
    await _describe(connection, set_id, market)


async def _stage(connection: Connection, columns: Sequence[str], rows: Iterable[Row]) -> None:
    await connection.execute(STAGED)
    await connection.copy_records_to_table("staged", records=rows, columns=columns)


async def _describe(connection: Connection, set_id: int, market: Market) -> None:
    """Says by which formulas a set was scored, and in which market."""
    await connection.execute(
        "UPDATE rating_set SET score_version = $2, ratings = $3, versions = $4, market = $5 WHERE id = $1",
        set_id,
        FORMULA,
        [rating.name for rating in SHARED],
        [rating.version for rating in SHARED],
        market,
    )


async def publish(connection: Connection, set_id: int) -> None:
    """Shows the set to readers in place of an older one of the same universe and session."""
    await connection.execute(
        """
        DELETE FROM rating_set AS old USING rating_set AS new
        WHERE new.id = $1 AND old.id <> new.id
          AND old.universe = new.universe AND old.session = new.session
          AND (old.published_at IS NOT NULL
               OR EXISTS (SELECT FROM job WHERE job.id = old.job_id AND job.finished_at IS NOT NULL))
        """,
        set_id,
    )
    await connection.execute("UPDATE rating_set SET published_at = clock_timestamp() WHERE id = $1", set_id)
