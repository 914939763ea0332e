import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from canslim_cli.embedded import EmbeddedValkey
from canslim_cli.supervisor.processes import running_in
from tests.servers import temporary_directory

pytestmark = pytest.mark.servers


@pytest.fixture
def directory() -> Iterator[Path]:
    with temporary_directory() as directory:
        yield directory / "valkey"


@pytest.fixture
def valkey(directory: Path) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(directory) as server:
        yield server


@pytest.fixture
def client(valkey: EmbeddedValkey) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(valkey.url, socket_timeout=0.5) as client:
        yield client


def test_it_keeps_a_log_and_evicts_nothing(client: redis.Redis) -> None:
    assert client.config_get("appendonly") == {"appendonly": "yes"}
    assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_nobody_gets_in_without_the_password(valkey: EmbeddedValkey) -> None:
    with (
        redis.Redis(port=valkey.access.port, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_a_clean_restart_loses_nothing(valkey: EmbeddedValkey, client: redis.Redis) -> None:
    client.set("kept", "7")
    valkey.restart()
    assert client.get("kept") == b"7"


def test_a_killed_server_starts_again_on_its_port(valkey: EmbeddedValkey, client: redis.Redis) -> None:
    url = valkey.url
    valkey.kill()
    with pytest.raises(redis.ConnectionError):
        client.ping()
    valkey.start()
    assert valkey.url == url
    assert client.ping()


def test_a_paused_server_answers_nothing_until_resumed(valkey: EmbeddedValkey, client: redis.Redis) -> None:
    valkey.pause()
    with pytest.raises(redis.TimeoutError):
        client.ping()
    valkey.resume()
    assert client.ping()


def test_a_paused_server_can_be_stopped(valkey: EmbeddedValkey) -> None:
    valkey.pause()
    valkey.stop()
    assert not list(running_in(str(valkey.home), "valkey-server"))


def test_a_server_left_running_is_ended_first(valkey: EmbeddedValkey, directory: Path) -> None:
    with EmbeddedValkey(directory) as next_one:
        assert not valkey.running
        with redis.Redis.from_url(next_one.url) as client:
            assert client.ping()


def test_only_the_owner_reads_the_password(valkey: EmbeddedValkey, directory: Path) -> None:
    for path in (directory / "access.json", directory / "valkey.conf", valkey.home):
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path
    assert not any(
        valkey.access.password in word for p in running_in(str(valkey.home), "valkey") for word in p.cmdline()
    )
