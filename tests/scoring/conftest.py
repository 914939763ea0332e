import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest

from canslim_cli.embedded import EmbeddedPostgres
from canslim_collector.providers.sample import Sample
from canslim_infra.postgres.connection import Database
from tests.collector.databases import opened, shared_database
from tests.scoring.pipeline import refresh, run_job
from tests.servers import sql

NUMBERS = count()


@pytest.fixture(scope="session")
def sample() -> Sample:
    """The real sample, loaded once."""
    return Sample()


@pytest.fixture(scope="session")
def rated_template(postgres_server: EmbeddedPostgres, postgres_template: str, sample: Sample) -> Iterator[str]:
    """A database with the whole sample collected, rated and scored by the real stages."""
    with shared_database(postgres_server, postgres_template, "scoring_rated") as url:
        asyncio.run(_fill(url, sample))
        yield "scoring_rated"


async def _fill(url: str, sample: Sample) -> None:
    async with opened(url) as database:
        job = await run_job(database, sample, refresh("sample"))
    assert (job.state, job.failed, job.error) == ("completed", 0, None)


@pytest.fixture(scope="session")
def rated_url(postgres_server: EmbeddedPostgres, rated_template: str) -> str:
    return postgres_server.url_of(rated_template)


@pytest.fixture
async def rated(rated_url: str) -> AsyncIterator[Database]:
    """The sample, collected and published; for reading only."""
    async with opened(rated_url) as database:
        yield database


@pytest.fixture
async def own_rated(postgres_server: EmbeddedPostgres, rated_template: str) -> AsyncIterator[Database]:
    """The same, the test's own to change."""
    name = f"scoring_{next(NUMBERS)}"
    sql(postgres_server.url, f"CREATE DATABASE {name} TEMPLATE {rated_template}")
    async with opened(postgres_server.url_of(name)) as database:
        yield database
    sql(postgres_server.url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def scoring_url(postgres_server: EmbeddedPostgres, postgres_template: str) -> Iterator[str]:
    with shared_database(postgres_server, postgres_template, "scoring_tests") as url:
        yield url


@pytest.fixture
async def database(scoring_url: str) -> AsyncIterator[Database]:
    """An empty one."""
    async with opened(scoring_url, emptied=True) as database:
        yield database
