from collections.abc import AsyncIterator, Iterator

import pytest

from canslim_cli.embedded import EmbeddedPostgres
from canslim_infra.postgres.connection import Database
from tests.collector.databases import opened, shared_database


@pytest.fixture(scope="session")
def collector_url(postgres_server: EmbeddedPostgres, postgres_template: str) -> Iterator[str]:
    with shared_database(postgres_server, postgres_template, "collector_tests") as url:
        yield url


@pytest.fixture
async def database(collector_url: str) -> AsyncIterator[Database]:
    """An empty one."""
    async with opened(collector_url, emptied=True) as database:
        yield database
