"""What the faults hit, and the result of the undisturbed run."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from canslim_infra.migrations import upgrade
from tests.faults.checker import check, result
from tests.faults.cluster import Cluster, running
from tests.servers import temporary_postgres, temporary_valkey

SYMBOLS = 600
#: Makes stage `collect` take some seconds, so that a fault falls into its middle.
SLOW = {"CANSLIM_SYNTHETIC_LATENCY_MS": "400", "CANSLIM_COLLECTOR_THREADS": "2"}

RunCluster = Callable[..., AbstractContextManager[Cluster]]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.processes)
            # One process runs them all: they share an installation, and hurt it.
            item.add_marker(pytest.mark.xdist_group("yahoo" if item.path.stem == "test_yahoo" else "faults"))


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One for all tests that can do with the same settings: slow enough to be hurt in the middle of a refresh."""
    folder = tmp_path_factory.mktemp("installation")
    with temporary_postgres() as postgres, temporary_valkey() as redis:
        upgrade(postgres.url)
        with running(postgres, redis, folder, CANSLIM_SYNTHETIC_SYMBOLS=str(SYMBOLS), **SLOW) as cluster:
            yield cluster


@pytest.fixture(scope="session")
def undisturbed(installation: Cluster) -> str:
    """The result of a refresh that nothing disturbed."""
    installation.reset()
    job = installation.finished(installation.refresh())
    assert (job["state"], job["done"], job["failed"]) == ("completed", SYMBOLS + 2, 0)
    check(installation)
    return result(installation)


@pytest.fixture
def cluster(installation: Cluster) -> Cluster:
    """Empty, and whole again."""
    installation.reset()
    return installation


@pytest.fixture
def run_cluster(own_postgres: EmbeddedPostgres, own_redis: EmbeddedValkey, tmp_path: Path) -> RunCluster:
    """Starts one with other settings."""
    return partial(running, own_postgres, own_redis, tmp_path, CANSLIM_SYNTHETIC_SYMBOLS=str(SYMBOLS), **SLOW)
