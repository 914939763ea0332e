from collections.abc import AsyncIterator

import pytest

from canslim_infra.postgres.connection import Database
from tests.infra.engine import Engine


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, size=30)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def engine(database: Database) -> Engine:
    return Engine(database)
