"""The schema up and down, and in front of code that does not know it yet."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from canslim_cli.embedded import EmbeddedPostgres
from canslim_core.states import JobState
from canslim_infra.migrations import downgrade, upgrade
from canslim_infra.postgres import tables
from canslim_infra.postgres.job_reads import list_dead_letters, list_jobs, read_events, read_failures
from tests.infra.engine import Engine, recalculation, refresh
from tests.servers import sql

TABLES = "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'"
UPGRADE = "import sys; from canslim_infra.migrations import upgrade; upgrade(sys.argv[1])"


@pytest.fixture
def empty_database_url(postgres_server: EmbeddedPostgres, numbers: Iterator[int]) -> Iterator[str]:
    name = f"empty_{next(numbers)}"
    sql(postgres_server.url, f"CREATE DATABASE {name}")
    yield postgres_server.url_of(name)
    sql(postgres_server.url, f"DROP DATABASE {name} WITH (FORCE)")


def differences(url: str) -> list[object]:
    """What Alembic would write into the next migration."""

    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": METADATA}
        )
        return compare_metadata(context, METADATA)

    async def run() -> list[object]:
        engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
        async with engine.connect() as connection:
            found = await connection.run_sync(compare)
        await engine.dispose()
        return found

    return asyncio.run(run())


METADATA = tables.SQLModel.metadata


def test_the_schema_goes_up_down_to_nothing_and_up_again(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    made = sql(empty_database_url, TABLES)
    downgrade(empty_database_url, "base")
    assert sql(empty_database_url, TABLES) == "alembic_version"
    upgrade(empty_database_url)
    assert sql(empty_database_url, TABLES) == made


def test_an_older_installation_keeps_its_jobs_and_keys(empty_database_url: str) -> None:
    """Before 0002 jobs ran side by side in one universe, and a key was a column of its job."""
    upgrade(empty_database_url, "0001")
    for number, state in enumerate(("completed", "running", "running")):
        sql(
            empty_database_url,
            f"""
            WITH made AS (
                INSERT INTO job (kind, scope, universe, stages, requested_by, state, stage, deadline_at, created_at,
                                 idempotency_key, open_tasks)
                VALUES ('refresh', 'scope {number}', 'sample', '{{collect}}', 'admin', '{state}', 'collect', now(),
                        now() + interval '{number} s', 'key {number}', 1) RETURNING id)
            INSERT INTO job_task (job_id, stage, no, payload, max_attempts, state, owner, lease_until)
            SELECT id, 'collect', 1, '{{}}', 4, 'running', 'worker', now() FROM made
            """,
        )
    upgrade(empty_database_url)
    jobs = (
        "SELECT state, open_tasks, (SELECT key FROM idempotency_key WHERE job_id = job.id) FROM job ORDER BY created_at"
    )
    assert sql(empty_database_url, jobs).split() == ["completed|1|key", "0", "failed|0|key", "1", "running|1|key", "2"]
    tasks = "SELECT job_task.state, owner FROM job_task JOIN job ON job.id = job_id ORDER BY created_at"
    assert sql(empty_database_url, tasks).split() == ["running|worker", "cancelled|", "running|worker"]
    assert sql(empty_database_url, "SELECT seq, data ->> 'state' FROM job_event") == "1|failed"
    downgrade(empty_database_url, "0001")
    assert sql(empty_database_url, "SELECT count(DISTINCT idempotency_key) FROM job") == "3"
    upgrade(empty_database_url)
    assert differences(empty_database_url) == []


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(database_url: str) -> None:
    sql(database_url, "INSERT INTO listing (symbol, benchmark) VALUES ('A', false)")
    upgrade(database_url)
    assert sql(database_url, "SELECT symbol FROM listing") == "A"


def test_the_models_are_what_the_migrations_make(database_url: str) -> None:
    assert differences(database_url) == []


def test_a_column_without_a_migration_would_be_noticed(database_url: str) -> None:
    sql(database_url, "ALTER TABLE job DROP COLUMN error; ALTER TABLE rating ALTER COLUMN score TYPE real")
    found = " ".join(str(difference) for difference in differences(database_url))
    assert "add_column" in found
    assert "modify_type" in found


def test_three_processes_may_upgrade_at_once(empty_database_url: str) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", UPGRADE, empty_database_url]) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert sql(empty_database_url, "SELECT count(*) FROM alembic_version") == "1"


async def test_a_newer_schema_does_not_disturb_running_code(engine: Engine) -> None:
    await engine.complete(await engine.start(refresh("A")))
    for table in ("job", "job_task", "job_event", "job_failure", "rating", "rating_set"):
        await engine.execute(f"ALTER TABLE {table} ADD COLUMN priority integer")
        await engine.execute(f"ALTER TABLE {table} ADD COLUMN note text DEFAULT 'new'")
    await engine.execute("CREATE TABLE job_note (job_id uuid REFERENCES job ON DELETE CASCADE, note text)")
    assert (await engine.complete(await engine.start(refresh("A")))).state is JobState.COMPLETED
    job = await engine.start(recalculation("rs"))
    await engine.fail(await engine.claimed(job))
    assert (await list_jobs(engine.database, limit=10, offset=0))[0] == 3
    assert len(await read_events(engine.database, job.id, after=0)) == 4
    assert len(await list_dead_letters(engine.database)) == 1
    assert await read_failures(engine.database, job.id) == []
