"""Real servers for every test that asks for one; nothing starts for the others."""

from collections.abc import Iterator
from itertools import count

import pytest
from redis import Redis

from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from canslim_cli.embedded.valkey import SETTINGS
from tests.servers import TEMPLATE, sql, temporary_postgres, temporary_valkey

SERVER_FIXTURES = {"postgres_server", "redis_server", "own_postgres", "own_redis"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs a server, before `-m` chooses."""
    for item in items:
        if SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.servers)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    with temporary_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[EmbeddedValkey]:
    with temporary_valkey() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: EmbeddedPostgres) -> str:
    """The name of a migrated database that nobody connects to."""
    from canslim_infra.migrations import upgrade

    sql(postgres_server.url, f"CREATE DATABASE {TEMPLATE}")
    upgrade(postgres_server.url_of(TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return count()


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres, postgres_template: str, numbers: Iterator[int]) -> Iterator[str]:
    """A migrated, empty database of the test's own."""
    name = f"test_{next(numbers)}"
    sql(postgres_server.url, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield postgres_server.url_of(name)
    sql(postgres_server.url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def redis_url(redis_server: EmbeddedValkey, numbers: Iterator[int]) -> str:
    """An empty Valkey database. Numbers come round again, so that a straggler of the last test disturbs nobody."""
    url = redis_server.url_of(next(numbers) % int(SETTINGS["databases"]))
    with Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture
def own_postgres() -> Iterator[EmbeddedPostgres]:
    """A migrated server that the test may kill, pause and restart."""
    from canslim_infra.migrations import upgrade

    with temporary_postgres() as server:
        upgrade(server.url)
        yield server


@pytest.fixture
def own_redis() -> Iterator[EmbeddedValkey]:
    """A server that the test may kill, pause and restart."""
    with temporary_valkey() as server:
        yield server
