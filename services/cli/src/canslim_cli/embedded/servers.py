"""The servers behind one `canslim up`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from canslim_cli.embedded.postgres import EmbeddedPostgres
from canslim_cli.embedded.server import EmbeddedServer, ServerFailed
from canslim_cli.embedded.valkey import EmbeddedValkey

#: Seconds for a clean stop, so that services (7 s) and servers together take less than 10. PostgreSQL needs more
#: only when very much is unwritten; cut short, it replays its log at the next start.
PATIENCE = 1.8
#: Seconds between two looks at a server, and from one failed restart to the next.
WATCH_EVERY, RETRY_AFTER = 0.25, 2.0

Report = Callable[[str], None]


@dataclass(frozen=True)
class Servers:
    database_url: str
    redis_url: str


@dataclass(frozen=True)
class Given:
    """A server that somebody else runs."""

    url: str


@asynccontextmanager
async def embedded_servers(
    data_dir: Path, database_url: str | None = None, redis_url: str | None = None, report: Report = print
) -> AsyncIterator[Servers]:
    """Runs PostgreSQL and Valkey in `data_dir`, each unless a URL is given for it; starts again what dies.

    Raises ServerFailed when one does not start. `report` gets a line for each death and restart.
    """
    database = Given(database_url) if database_url else EmbeddedPostgres(data_dir / "postgres")
    redis = Given(redis_url) if redis_url else EmbeddedValkey(data_dir / "valkey")
    ours = [server for server in (database, redis) if isinstance(server, EmbeddedServer)]
    watches: list[asyncio.Task[None]] = []
    abandoned = Event()
    try:
        await in_threads([partial(server.start, abandoned) for server in ours], on_cancel=abandoned.set)
        watches = [asyncio.create_task(watch(server, report)) for server in ours]
        yield Servers(database.url, redis.url)
    finally:
        for task in watches:
            task.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        await in_threads([partial(server.stop, PATIENCE) for server in ours])


async def watch(server: EmbeddedServer, report: Report) -> None:
    """Starts `server` again on its port whenever it has died."""
    abandoned = Event()
    while True:
        await asyncio.sleep(WATCH_EVERY)
        if server.running:
            continue
        report(f"{server.program} died; starting it again")
        try:
            await in_threads([partial(server.start, abandoned)], on_cancel=abandoned.set)
        except ServerFailed as error:
            report(str(error))
            await asyncio.sleep(RETRY_AFTER)


async def in_threads(functions: list[Callable[[], None]], on_cancel: Callable[[], None] = lambda: None) -> None:
    """Runs all at once and raises the first error when all have ended, also when cancelled in between."""
    work = [asyncio.ensure_future(asyncio.to_thread(function)) for function in functions]
    try:
        await asyncio.gather(*map(asyncio.shield, work), return_exceptions=True)
    except asyncio.CancelledError:
        on_cancel()
        raise
    finally:
        # A thread can't be cancelled: left alone, it would start a server that nobody stops.
        results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
