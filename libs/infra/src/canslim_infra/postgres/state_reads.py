"""Figures of the whole installation, each one statement: its last column is the value, the others are labels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from canslim_core.stages import JobKind
from canslim_core.states import JobState
from canslim_core.universes import UNIVERSES
from canslim_infra.postgres.connection import Database


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric and how to read it."""

    name: str
    help: str
    labels: tuple[str, ...]
    query: str


def _literals(words: Iterable[str]) -> str:
    """Words of our own code as SQL."""
    return ", ".join(f"'{word}'" for word in words)


PROVIDED: Final = tuple((provider, name) for provider, names in UNIVERSES.items() for name in names)
#: Refreshes that say whether a universe can be refreshed: those of all its symbols, and what was run again of them.
#: Of universes that somebody still can refresh: those of the provider that was asked last, though it has never listed
#: one, and own lists, unless they failed before they were written anew. One of some symbols says nothing of the others.
REFRESHES: Final = f"""
    WITH RECURSIVE provided (provider, name) AS (
        VALUES {", ".join(f"({_literals(pair)})" for pair in PROVIDED)}
    ), asked AS (
        SELECT provider FROM job JOIN provided ON name = universe ORDER BY created_at DESC LIMIT 1
    ), known AS (
        SELECT name, 'false' AS own, NULL::timestamptz AS written_at FROM provided JOIN asked USING (provider)
        UNION ALL
        SELECT name, 'true', listed_at FROM universe WHERE own
    ), whole AS (
        SELECT id, universe, state, finished_at FROM job WHERE kind = 'refresh' AND symbols IS NULL AND retry_of IS NULL
        UNION ALL
        SELECT job.id, job.universe, job.state, job.finished_at FROM job JOIN whole ON job.retry_of = whole.id
    ), refresh AS (
        SELECT universe, own, state, finished_at FROM whole JOIN known ON name = universe
        WHERE state <> 'failed' OR written_at IS NULL OR finished_at >= written_at
    )
"""

FIGURES = (
    Figure(
        "canslim_jobs",
        "Jobs by kind and state.",
        ("kind", "state"),
        f"""
        SELECT kind, state, count(id)
        FROM unnest(ARRAY[{_literals(JobKind)}]) AS kinds (kind)
        CROSS JOIN unnest(ARRAY[{_literals(JobState)}]) AS states (state)
        LEFT JOIN job USING (kind, state)
        GROUP BY kind, state
        """,
    ),
    Figure(
        "canslim_tasks",
        "Tasks not done: ready (due), delayed (not due yet), running, dead (given up and not replayed).",
        ("queue", "stage", "state"),
        """
        WITH open AS (
            SELECT stage, CASE
                WHEN state = 'pending' AND due_at <= clock_timestamp() THEN 'ready'
                WHEN state = 'pending' THEN 'delayed'
                ELSE state END AS state
            FROM job_task WHERE state IN ('pending', 'running') OR (state = 'dead' AND replayed_by IS NULL)
        )
        SELECT queue, stage, state, count(open)
        FROM queue_stage
        CROSS JOIN unnest(ARRAY['ready', 'delayed', 'running', 'dead']) AS states (state)
        LEFT JOIN open USING (stage, state)
        GROUP BY queue, stage, state
        """,
    ),
    Figure(
        "canslim_queue_work_seconds",
        "Outstanding work: tasks that are due or run, times what their stage's tasks take.",
        ("queue",),
        "SELECT queue, work_seconds FROM queue_work",
    ),
    Figure(
        "canslim_queue_oldest_due_age_seconds",
        "How long the oldest due task waits; 0 where none does.",
        ("queue",),
        "SELECT queue, oldest_due_age_seconds FROM queue_work",
    ),
    Figure(
        "canslim_task_mean_seconds",
        "What the newest 50 finished tasks of a stage took, on average.",
        ("stage",),
        "SELECT stage, mean_seconds FROM stage_seconds WHERE mean_seconds IS NOT NULL",
    ),
    Figure(
        "canslim_published_session_timestamp_seconds",
        "The newest session with published ratings, at 0:00 UTC.",
        ("universe",),
        """
        SELECT universe, extract(epoch FROM max(session)::timestamp AT TIME ZONE 'UTC')
        FROM rating_set WHERE published_at IS NOT NULL GROUP BY universe
        """,
    ),
    Figure(
        "canslim_published_timestamp_seconds",
        "When ratings were published last.",
        ("universe",),
        """
        SELECT universe, extract(epoch FROM max(published_at))
        FROM rating_set WHERE published_at IS NOT NULL GROUP BY universe
        """,
    ),
    Figure(
        "canslim_published_symbols",
        "Symbols of the newest published session: active, priced (coverage is priced / active), rated.",
        ("universe", "kind"),
        """
        SELECT universe, kind, count FROM (
            SELECT DISTINCT ON (universe) universe, active, priced, rated
            FROM rating_set WHERE published_at IS NOT NULL ORDER BY universe, session DESC
        ) AS newest
        CROSS JOIN LATERAL (VALUES ('active', active), ('priced', priced), ('rated', rated)) AS counts (kind, count)
        """,
    ),
    Figure(
        "canslim_symbols",
        "Symbols by how their newest request ended.",
        ("status",),
        "SELECT status, count(*) FROM symbol_status GROUP BY status",
    ),
    Figure(
        "canslim_refresh_finished_timestamp_seconds",
        "When a refresh of a whole universe ended last, by how. own: of an own list.",
        ("universe", "own", "state"),
        f"""
        {REFRESHES}
        SELECT universe, own, state, extract(epoch FROM max(finished_at))
        FROM refresh WHERE finished_at IS NOT NULL GROUP BY universe, own, state
        """,
    ),
    Figure(
        "canslim_refreshes_unfinished",
        "Refreshes of a whole universe that are queued or running.",
        ("universe",),
        f"""
        {REFRESHES}
        SELECT universe, count(*) FILTER (WHERE finished_at IS NULL) FROM refresh GROUP BY universe
        """,
    ),
)


async def read_state(database: Database) -> Sequence[tuple[Figure, Mapping[tuple[str, ...], float]]]:
    """Every figure as of one moment. Raises StoreUnavailable."""
    async with database.transaction() as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return [(figure, _values(await connection.fetch(figure.query))) for figure in FIGURES]


def _values(rows: Sequence[Sequence[Any]]) -> dict[tuple[str, ...], float]:
    return {tuple(str(label) for label in row[:-1]): float(row[-1]) for row in map(tuple, rows)}
