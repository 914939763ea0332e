"""What a refresh leaves behind, as digests that two runs can be compared by."""

from dataclasses import dataclass
from uuid import UUID

from canslim_infra.postgres.connection import Database

#: Rows of each table without what differs from run to run: ids and times.
ROWS = {
    "ratings": """
        SELECT row(symbol, last_session, close, rs_raw, rs_rating, rs_provisional, rs_anchor_filled, rs_reason, score,
                   coverage, graded, score_reason, letters::text, details::text)::text
        FROM rating JOIN rating_set ON rating_set.id = set_id WHERE published_at IS NOT NULL""",
    "sets": """
        SELECT row(universe, session, rs_version, score_version, active, priced, rated, market::text)::text
        FROM rating_set WHERE published_at IS NOT NULL""",
    "bars": "SELECT bar::text FROM daily_bar AS bar",
    "filings": "SELECT filing::text FROM filing",
    # `generation` would tell of a symbol stored twice.
    "series": """
        SELECT row(symbol, provider, revision, first_session, last_session, last_close, last_adj_factor, bars,
                   generation)::text FROM series""",
    "splits": "SELECT split::text FROM split",
    "members": "SELECT member::text FROM universe_member AS member",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of each table the number of rows and a digest; of the job the counters."""

    tables: dict[str, tuple[int, str]]
    counters: dict[str, object]


async def read_outcome(database: Database, job_id: UUID) -> Outcome:
    statement = " UNION ALL ".join(
        f"SELECT '{name}' AS name, count(*) AS rows, md5(string_agg(md5(line), '' ORDER BY line)) AS digest "
        f"FROM ({rows}) AS rows (line)"
        for name, rows in ROWS.items()
    )
    async with database.reading() as connection:
        tables = await connection.fetch(statement)
        job = await connection.fetchrow(
            """
            SELECT state, stage, session, total, done, failed, unchanged, bars, stage_tasks, open_tasks, error
            FROM job WHERE id = $1
            """,
            job_id,
        )
    return Outcome({row["name"]: (row["rows"], row["digest"]) for row in tables}, dict(job))
