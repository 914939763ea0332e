from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from starlette.applications import Starlette

from canslim_api.app import create_app
from canslim_cli.embedded import EmbeddedPostgres
from canslim_infra.postgres.connection import Database
from canslim_infra.settings import Settings
from tests.api.running import ADMIN, NOWHERE, client_of, running, settings
from tests.collector.databases import opened, shared_database


@pytest.fixture(scope="session")
def api_database_url(postgres_server: EmbeddedPostgres, postgres_template: str) -> Iterator[str]:
    with shared_database(postgres_server, postgres_template, "api_tests") as url:
        yield url


@pytest.fixture
async def database(api_database_url: str) -> AsyncIterator[Database]:
    """The API's database, empty."""
    async with opened(api_database_url, emptied=True) as database:
        yield database


@pytest.fixture
def api_settings(api_database_url: str, redis_url: str) -> Settings:
    return settings(api_database_url, redis_url)


@pytest.fixture
async def app(api_settings: Settings, database: Database) -> AsyncIterator[Starlette]:
    async with running(api_settings) as app:
        yield app


@pytest.fixture
async def unstarted() -> AsyncIterator[httpx.AsyncClient]:
    """Anybody, and an API without servers: for what is refused before one is asked."""
    async with client_of(create_app(settings(f"postgresql://{NOWHERE}/x", f"redis://{NOWHERE}"))) as client:
        yield client


@pytest.fixture
async def api(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """Anybody."""
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def admin(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with the administrator's token."""
    async with client_of(app, ADMIN) as client:
        yield client
