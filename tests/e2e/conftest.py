"""A place and a port for one `canslim up`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from canslim_cli.supervisor.processes import end
from tests.faults.cluster import free_port
from tests.servers import living_in, temporary_directory


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.processes)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory that does not exist yet; whatever works in it ends with the test."""
    with temporary_directory() as directory:
        yield directory / "data"
        end(living_in(directory))


@pytest.fixture
def port() -> int:
    return free_port()
