"""The pool of connections, and PostgreSQL's absence as one error."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import asyncpg
import stamina

from canslim_core.errors import StoreUnavailable

#: What asyncpg raises where the server is away, restarting, or out of connections.
ABSENCE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.ReadOnlySQLTransactionError,
)

#: asyncpg ships no types.
Connection = Any


async def _prepare(connection: Connection) -> None:
    try:
        for name in ("json", "jsonb"):
            await connection.set_type_codec(name, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    except BaseException:
        # asyncpg would say goodbye to a server that may hang, and leave the connection open.
        connection.terminate()
        raise


class Database:
    """A lazy pool: opened without the server, refilled after it was away.

    patience: how long a transaction waits for a server that is away before it raises
    StoreUnavailable. A worker waits, the API does not.
    longest: how long one statement may take before the server counts as hung.
    """

    def __init__(
        self, url: str, *, size: int, patience: timedelta = timedelta(0), longest: timedelta = timedelta(minutes=2)
    ) -> None:
        self._url = url
        self._size = size
        self._patience = patience
        self._longest = longest
        self._pool: Any = None

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._size,
            init=_prepare,
            timeout=5,
            command_timeout=self._longest.total_seconds(),
            server_settings={"application_name": "canslim"},
        )

    async def close(self) -> None:
        try:
            async with asyncio.timeout(2):
                await self._pool.close()
        except (TimeoutError, *ABSENCE):
            self._pool.terminate()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection in a transaction. Raises StoreUnavailable."""
        connection = await self._acquire()
        try:
            async with connection.transaction():
                yield connection
        except ABSENCE as error:
            raise StoreUnavailable(f"PostgreSQL went away: {type(error).__name__}: {error}") from error
        finally:
            await self._release(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection for single statements. Raises StoreUnavailable."""
        connection = await self._acquire()
        try:
            yield connection
        except ABSENCE as error:
            raise StoreUnavailable(f"PostgreSQL went away: {type(error).__name__}: {error}") from error
        finally:
            await self._release(connection)

    async def _acquire(self) -> Connection:
        try:
            async for attempt in stamina.retry_context(
                on=ABSENCE,
                attempts=None if self._patience else 1,
                timeout=self._patience or None,
                wait_initial=0.2,
                wait_max=2,
            ):
                with attempt:
                    return await self._pool.acquire(timeout=5)
        except ABSENCE as error:
            raise StoreUnavailable(f"PostgreSQL can't be reached: {type(error).__name__}: {error}") from error

    async def _release(self, connection: Connection) -> None:
        # Where this fails, asyncpg has dropped the connection itself.
        with suppress(*ABSENCE):
            await self._pool.release(connection, timeout=2)
