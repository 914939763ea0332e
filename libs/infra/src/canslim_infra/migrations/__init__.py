"""Brings a database to the schema of this version, and back."""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def upgrade(url: str, revision: str = "head") -> None:
    """Upgrades the database; safe to run from several processes at once."""
    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Goes back to a revision; `base` removes every table."""
    command.downgrade(_config(url), revision)


async def missing(url: str) -> str | None:
    """What the database lacks for this version's code to work, in words; None where it lacks nothing.

    A revision that this version does not know is of a newer one, which keeps to what this one needs.
    """
    try:
        connection = await asyncpg.connect(url, timeout=5)
        try:
            revision = await connection.fetchval("SELECT version_num FROM alembic_version")
        finally:
            await connection.close(timeout=5)
    except asyncpg.UndefinedTableError:
        revision = None
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return f"PostgreSQL can't be reached: {type(error).__name__}: {error}"
    script = ScriptDirectory.from_config(_config(url))
    older = {known.revision for known in script.walk_revisions()} - set(script.get_heads())
    if revision is None or revision in older:
        return f"the schema is at {revision or 'nothing'}, and this version needs {script.get_current_head()}"
    return None


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    return config
