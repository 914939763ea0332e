"""One database for many tests, emptied before each: making one for every test would take most of the time."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from canslim_cli.embedded import EmbeddedPostgres
from canslim_infra.postgres.connection import Database
from tests.servers import EMPTY_ALL, sql


@contextmanager
def shared_database(server: EmbeddedPostgres, template: str, name: str) -> Iterator[str]:
    """The URL of a copy of the template."""
    sql(server.url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url_of(name)
    sql(server.url, f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def opened(url: str, *, emptied: bool = False) -> AsyncIterator[Database]:
    database = Database(url, size=4)
    await database.open()
    if emptied:
        async with database.transaction() as connection:
            await connection.execute(EMPTY_ALL)
    yield database
    await database.close()
