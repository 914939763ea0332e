import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from canslim_cli.embedded import ServerFailed, embedded_servers
from canslim_cli.embedded.servers import in_threads

from tests.servers import living_in, sql, temporary_directory


@pytest.fixture
def directory() -> Iterator[Path]:
    with temporary_directory() as directory:
        yield directory
        assert living_in(directory) == []


async def test_given_urls_are_used_and_nothing_is_started(directory: Path) -> None:
    async with embedded_servers(directory, "postgresql://there/db", "redis://there") as servers:
        assert (servers.database_url, servers.redis_url) == ("postgresql://there/db", "redis://there")
        assert living_in(directory) == []
        assert list(directory.iterdir()) == []


@pytest.mark.servers
async def test_only_the_server_that_is_not_given_is_started(directory: Path) -> None:
    async with embedded_servers(directory, redis_url="redis://there") as servers:
        assert sql(servers.database_url, "SELECT 1") == "1"
        assert [path.name for path in directory.iterdir()] == ["postgres"]


@pytest.mark.servers
async def test_when_one_does_not_start_the_other_is_stopped(directory: Path) -> None:
    (directory / "postgres" / "files").mkdir(parents=True)
    with pytest.raises(ServerFailed, match="postgres did not start"):
        async with embedded_servers(directory):
            pass


async def test_cancelling_waits_for_the_threads_to_end() -> None:
    ended = []
    task = asyncio.create_task(in_threads([lambda: ended.append(time.sleep(0.2))]))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [None]
