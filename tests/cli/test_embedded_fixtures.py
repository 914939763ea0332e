import pytest
from redis import Redis

from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.servers import sql


@pytest.mark.parametrize("run", [1, 2])
def test_every_test_has_a_migrated_database_of_its_own(database_url: str, run: int) -> None:
    assert sql(database_url, "SELECT count(*) > 0 FROM alembic_version") == "t"
    sql(database_url, "CREATE TABLE mine ()")


@pytest.mark.parametrize("run", [1, 2])
def test_every_test_has_an_empty_valkey(redis_url: str, run: int) -> None:
    with Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("mine", run)


def test_a_test_may_kill_its_own_servers(own_postgres: EmbeddedPostgres, own_redis: EmbeddedValkey) -> None:
    own_postgres.kill()
    own_redis.kill()
    own_postgres.start()
    own_redis.start()
    assert sql(own_postgres.url, "SELECT count(*) > 0 FROM alembic_version") == "t"


def test_tests_that_ask_for_a_server_are_marked(database_url: str, request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("servers")
