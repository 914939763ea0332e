import asyncpg
import pytest

from canslim_core.errors import StoreUnavailable
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.jobs import PostgresTransactions

NOBODY = "postgresql://canslim:secret@127.0.0.1:1/nothing"


@pytest.fixture
async def absent() -> Database:
    database = Database(NOBODY, size=1)
    await database.open()
    return database


async def test_a_pool_opens_without_its_server(absent: Database) -> None:
    await absent.close()


async def test_an_absent_server_is_one_error(absent: Database) -> None:
    with pytest.raises(StoreUnavailable, match="can't be reached"):
        async with PostgresTransactions(absent)():
            pytest.fail("there is no server")
    with pytest.raises(StoreUnavailable, match="can't be reached"):
        async with absent.reading():
            pytest.fail("there is no server")


async def test_a_session_that_is_cut_off_is_an_absence(database: Database) -> None:
    with pytest.raises(StoreUnavailable, match="went away"):
        async with database.transaction() as connection:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


async def test_the_pool_is_filled_again_after_the_server_was_away(database: Database) -> None:
    with pytest.raises(StoreUnavailable):
        async with database.reading() as connection:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    async with database.reading() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_wrong_argument_is_no_absence(database: Database) -> None:
    with pytest.raises(asyncpg.DataError, match="out of int64 range"):
        async with database.reading() as connection:
            await connection.fetchval("SELECT $1::bigint", 2**70)


async def test_an_exception_rolls_the_transaction_back(database: Database) -> None:
    async def leave_half_way() -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO listing (symbol, benchmark) VALUES ('A', false)")
            raise LookupError

    with pytest.raises(LookupError):
        await leave_half_way()
    async with database.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM listing") == 0
