"""A place and a port for one `canslim up`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cluster import free_port
from tests.servers import temporary_directory


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with temporary_directory() as directory:
        yield directory / "data"


@pytest.fixture
def port() -> int:
    return free_port()
