from collections.abc import AsyncIterator

import pytest

from canslim_infra.postgres.connection import Database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url, size=4)
    await opened.open()
    yield opened
    await opened.close()
