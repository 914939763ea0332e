import asyncio
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from canslim_cli.embedded import EmbeddedValkey, ServerFailed, embedded_servers
from canslim_cli.embedded.servers import in_threads
from tests.servers import eventually, living_in, sql, temporary_directory


@pytest.fixture
def directory() -> Iterator[Path]:
    with temporary_directory() as directory:
        yield directory
        assert living_in(directory) == []


async def test_given_urls_are_used_and_nothing_is_started(directory: Path) -> None:
    async with embedded_servers(directory, "postgresql://there/db", "redis://there") as servers:
        assert (servers.database_url, servers.redis_url) == ("postgresql://there/db", "redis://there")
        assert living_in(directory) == []
        assert os.listdir(directory) == []


@pytest.mark.servers
async def test_only_the_server_that_is_not_given_is_started(directory: Path) -> None:
    async with embedded_servers(directory, redis_url="redis://there") as servers:
        assert sql(servers.database_url, "SELECT 1") == "1"
        assert os.listdir(directory) == ["postgres"]


@pytest.mark.servers
async def test_when_one_does_not_start_the_other_is_stopped(directory: Path) -> None:
    (directory / "postgres" / "files").mkdir(parents=True)
    with pytest.raises(ServerFailed, match="postgres did not start"):
        async with embedded_servers(directory):
            pass


class NeverReady(EmbeddedValkey):
    def _ready(self, pid: int) -> bool:
        return False


@pytest.mark.servers
async def test_a_start_that_takes_long_is_abandoned_when_cancelled(directory: Path) -> None:
    abandoned = Event()
    server = NeverReady(directory / "valkey")
    task = asyncio.create_task(in_threads([partial(server.start, abandoned)], on_cancel=abandoned.set))
    await eventually(lambda: server.running)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not server.running


async def test_cancelling_waits_for_the_threads_to_end() -> None:
    ended = Event()

    def work() -> None:
        time.sleep(0.2)
        ended.set()

    task = asyncio.create_task(in_threads([work]))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
