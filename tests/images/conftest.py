"""One engine for all tests with containers, and one build of everything."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images import building
from tests.images.engine import Engine, temporary_engine
from tests.images.package_index import EmptyIndex


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """TEST_ENGINE_DIR names a folder that keeps images, and the layers of their builds, for the next time."""
    kept = os.environ.get("TEST_ENGINE_DIR")
    engine = Engine(Path(kept)) if kept else temporary_engine()
    try:
        yield engine
    finally:
        if kept:
            engine.clear()
        else:
            engine.close()


@pytest.fixture(scope="session")
def base(engine: Engine) -> str:
    building.build_base(engine)
    return building.BASE


@pytest.fixture(scope="session")
def private_index() -> Iterator[EmptyIndex]:
    with EmptyIndex() as index:
        yield index


@pytest.fixture(scope="session")
def images(engine: Engine, base: str, private_index: EmptyIndex) -> Engine:
    """The engine once it has the three images, built with a second index that wants a password."""
    building.build_images(engine, PIP_EXTRA_INDEX_URL=private_index.url)
    return engine


@pytest.fixture(scope="session")
def servers(engine: Engine, base: str, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The engine once it has images of PostgreSQL, Valkey and Prometheus."""
    building.build_servers(engine, tmp_path_factory.mktemp("servers"))
    return engine


@pytest.fixture
def installable(images: Engine, servers: Engine) -> Iterator[Engine]:
    """The engine with all images, and nothing that runs before or after the test."""
    images.clear()
    yield images
    images.clear()
