"""What must be true after every fault: SQL over the tables, and over a record of every claim."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from canslim_infra.postgres.connection import Database
from tests.collector.databases import TABLES
from tests.infra.invariants import AT_THE_END, INVARIANTS, broken, install_recorders

RECORDER = """
CREATE TABLE claimed (job_id uuid, task_id bigint, attempt int, owner text, at timestamptz);
CREATE FUNCTION record_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO claimed VALUES (NEW.job_id, NEW.id, NEW.attempt, NEW.owner, NEW.started_at);
    RETURN NULL;
END $$;
CREATE TRIGGER record_claim AFTER UPDATE ON job_task FOR EACH ROW
    WHEN (OLD.state = 'pending' AND NEW.state = 'running') EXECUTE FUNCTION record_claim();
"""

#: Beside the engine's own invariants (less the one that needs its tests' `effect`).
AFTERWARDS: Mapping[str, str] = {
    "every task has ended": "SELECT id::text FROM job_task WHERE state IN ('pending', 'running')",
    "nobody holds a lease": "SELECT id::text FROM job_task WHERE lease_until IS NOT NULL OR owner IS NOT NULL",
    "a completed job made one rating set, and it was published": """
        SELECT job.id::text FROM job LEFT JOIN rating_set ON job_id = job.id
        WHERE state = 'completed' GROUP BY job.id
        -- A later job's set takes the place of an earlier one.
        HAVING job.finished_at = (SELECT max(finished_at) FROM job)
           AND (count(rating_set.id) <> 1 OR bool_or(published_at IS NULL))""",
    "a job that did not complete published nothing": """
        SELECT job.id::text FROM job JOIN rating_set ON job_id = job.id
        WHERE state <> 'completed' AND published_at IS NOT NULL""",
    "one published set a session": """
        SELECT universe FROM rating_set WHERE published_at IS NOT NULL GROUP BY universe, session HAVING count(*) > 1""",
    "what is stored is what tasks that ended well were to store": """
        SELECT symbol FROM series WHERE symbol NOT IN (
            SELECT jsonb_array_elements_text(payload -> 'symbols') FROM job_task
            WHERE state = 'done' AND payload ? 'symbols')""",
    "a series has the bars it says": """
        SELECT series.symbol FROM series LEFT JOIN daily_bar USING (symbol) GROUP BY series.symbol
        HAVING count(daily_bar.session) <> series.bars""",
    "every rated symbol is a member": """
        SELECT symbol FROM rating WHERE symbol NOT IN (SELECT symbol FROM universe_member)""",
}


@dataclass(frozen=True, slots=True)
class Claim:
    task_id: int
    attempt: int
    owner: str
    at: datetime


async def install(database: Database) -> None:
    await install_recorders(database)
    async with database.transaction() as connection:
        await connection.execute(RECORDER)


async def empty(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(f"TRUNCATE {TABLES}, claimed, move CASCADE")


async def offences(database: Database) -> list[str]:
    """What does not hold after everything has ended."""
    invariants = {name: query for name, query in INVARIANTS.items() if "effect" not in query}
    return [
        *await broken(database, invariants),
        *await broken(database, AT_THE_END),
        *await broken(database, AFTERWARDS),
    ]


async def claims(database: Database, job_id: UUID) -> list[Claim]:
    """Every run of a task, oldest first."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            "SELECT task_id, attempt, owner, at FROM claimed WHERE job_id = $1 ORDER BY at", job_id
        )
    return [Claim(**row) for row in rows]
