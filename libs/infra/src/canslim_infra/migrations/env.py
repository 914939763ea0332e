"""Alembic's entry: one connection, one migration at a time."""

import asyncio

import asyncpg
from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

import canslim_infra.postgres.tables  # noqa: F401 - fills the metadata.

#: Any number that nobody else locks.
MIGRATION_LOCK = 7_226_754


def migrate(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    context.run_migrations()


async def run() -> None:
    # asyncpg reads the URL itself, as the services do: it knows sslmode and the like, SQLAlchemy does not.
    url = context.config.attributes["url"]
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(run())
