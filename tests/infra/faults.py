"""Crashes at a chosen point of a call: between any two statements, before or after the commit."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from canslim_infra.postgres.connection import Database


class Crash(BaseException):
    """The process is gone: nobody catches this, nobody cleans up."""


class FaultyConnection:
    """Calls `passed` after every statement."""

    def __init__(self, connection: Any, passed: Callable[[], None]) -> None:
        self._connection = connection
        self._passed = passed

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._connection, name)

        async def statement(*arguments: Any) -> Any:
            result = await method(*arguments)
            self._passed()
            return result

        return statement


class FaultyDatabase(Database):
    """Another Database, whose caller crashes at a chosen point. A commit is a point like a statement."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._left = 0
        self._error: BaseException = Crash()

    @contextmanager
    def crashing(self, point: int, error: BaseException | None = None) -> Iterator[None]:
        """Raises `error`, a Crash, after the point-th statement or commit from now on; 0: never."""
        self._left, self._error = point, error or Crash()
        try:
            yield
        finally:
            self._left = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        async with self._database.transaction() as connection:
            yield FaultyConnection(connection, self._passed)
        self._passed()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Any]:
        async with self._database.reading() as connection:
            yield FaultyConnection(connection, self._passed)

    def _passed(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise self._error
