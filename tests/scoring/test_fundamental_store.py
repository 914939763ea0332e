"""What was known at a session, and nothing that came later."""

from datetime import date

import pandas as pd
import pytest

from canslim_infra.postgres.connection import Database
from canslim_scoring.fundamental_store import read_filings, read_ownership, read_splits


async def test_filings_are_those_known_at_the_session(rated: Database) -> None:
    async with rated.transaction() as connection:
        then = await read_filings(connection, ["NFLX"], date(2016, 10, 18))
        later = await read_filings(connection, ["NFLX"], date(2016, 10, 19))
    assert list(then["known_on"].astype(str)) == ["2015-04-17", "2015-07-17", "2016-01-28"]
    assert len(later) == 4


async def test_filings_keep_their_figures_and_types(rated: Database) -> None:
    async with rated.transaction() as connection:
        filings = await read_filings(connection, ["NFLX", "NKE"], date(2017, 3, 31))
    last = filings[filings["symbol"] == "NFLX"].sort_values("period_end").iloc[-1]
    assert (last["fiscal_period"], last["revenue"], last["eps_diluted"]) == ("FY", 8_830_669_000, 0.43)
    assert last["period_end"] == pd.Timestamp("2016-12-31")
    assert filings["equity"].dtype == "float64"


async def test_splits_are_those_up_to_the_session(rated: Database) -> None:
    async with rated.transaction() as connection:
        before = await read_splits(connection, ["NFLX", "NKE"], date(2015, 7, 14))
        after = await read_splits(connection, ["NFLX", "NKE"], date(2017, 3, 31))
    assert "NFLX" not in set(before["symbol"])
    split = after[after["symbol"] == "NFLX"].iloc[0]
    assert (str(split["ex_date"])[:10], split["factor"]) == ("2015-07-15", pytest.approx(1 / 7, rel=1e-5))


async def test_nobody_has_filings_splits_or_owners(rated: Database) -> None:
    async with rated.transaction() as connection:
        assert len(await read_filings(connection, ["NOBODY"], date(2017, 3, 31))) == 0
        assert len(await read_splits(connection, ["NOBODY"], date(2017, 3, 31))) == 0
        assert await read_ownership(connection, ["NKE"], date(2017, 3, 31)) is None


async def test_owners_are_read_up_to_the_session(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            """
            INSERT INTO ownership (symbol, as_of, institutional_pct)
            VALUES ('A', '2017-01-03', 60), ('A', '2017-04-03', 61)
            """
        )
        snapshots = await read_ownership(connection, ["A"], date(2017, 3, 31))
    assert snapshots is not None
    assert snapshots["institutional_pct"].tolist() == [60]
