"""Embedded servers for tests: in a directory of their own, gone with the test session."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from canslim_cli.embedded.postgres import program
from canslim_cli.supervisor.processes import living

TEMPLATE = "canslim_template"
#: Every table but alembic's, once nobody writes to one; numbers of rows go on. TRUNCATE would make new files for each
#: table and index, and take thirty times as long.
EMPTY_ALL = """
    DO $$ DECLARE
        names text[] := (SELECT array_agg(quote_ident(tablename)) FROM pg_tables
                         WHERE schemaname = 'public' AND tablename <> 'alembic_version');
        name text;
    BEGIN
        EXECUTE 'LOCK TABLE ' || array_to_string(names, ', ');
        -- No foreign key is looked after meanwhile.
        SET LOCAL session_replication_role = replica;
        FOREACH name IN ARRAY names LOOP
            EXECUTE 'DELETE FROM ' || name;
        END LOOP;
    END $$"""


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """Not pytest's own: that is closed to other accounts, and under root PostgreSQL runs as one."""
    with tempfile.TemporaryDirectory(prefix="canslim-") as directory:
        yield Path(directory).resolve()


@contextmanager
def temporary_postgres() -> Iterator[EmbeddedPostgres]:
    with temporary_directory() as directory, EmbeddedPostgres(directory / "pg", durable=False) as server:
        yield server


@contextmanager
def temporary_valkey() -> Iterator[EmbeddedValkey]:
    with temporary_directory() as directory, EmbeddedValkey(directory / "valkey") as server:
        yield server


def sql(url: str, statement: str) -> str:
    """Runs one statement and returns its rows as psql prints them; no event loop needed."""
    command = [str(program("psql")), url, "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-c", statement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what other processes do sets no event here.
            await asyncio.sleep(0.02)


def living_in(directory: Path) -> list[psutil.Process]:
    """What still runs that names `directory` in its command line or environment, or works in it."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ", "cwd"]):
        info = process.info
        words = [*(info["cmdline"] or ()), *(info["environ"] or {}).values(), info["cwd"] or ""]
        if process.pid != os.getpid() and any(str(directory) in word for word in words) and living(process):
            found.append(process)
    return found


def python_for(account: str) -> str | None:
    """A Python that `account` may run; that of the virtual environment may lie in root's home."""
    check = "import sys; sys.exit(sys.version_info[:2] != " + repr(sys.version_info[:2]) + ")"
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            done = subprocess.run([python, "-c", check], user=account, cwd="/", check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return python
    return None
