"""Panels by binary COPY against a plain reading of the same rows."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from canslim_calendar import sessions_to
from canslim_infra.postgres.connection import Database
from canslim_scoring.last_bars import LastBars
from canslim_scoring.members import read_members
from canslim_scoring.panel_store import COLUMNS, read_last_bars, read_panels

SESSION = date(2017, 3, 31)
#: With a split, delisted inside the window, a benchmark, unknown.
SYMBOLS = ("NFLX", "HAR", "NKE", "SPY", "NOBODY")


async def plainly(database: Database, column: str, symbols: tuple[str, ...], count: int) -> pd.DataFrame:
    """Row by row, the slow and obvious way."""
    sessions = sessions_to(SESSION, count)
    async with database.reading() as connection:
        rows = await connection.fetch(
            f"SELECT session, symbol, ({COLUMNS[column]})::float8 AS figure FROM daily_bar WHERE symbol = ANY($1)",
            symbols,
        )
    long = pd.DataFrame([tuple(row) for row in rows], columns=["session", "symbol", "figure"])
    wide = long.pivot(index="session", columns="symbol", values="figure")
    wide.index = pd.DatetimeIndex(wide.index.astype("datetime64[s]"))
    return wide.reindex(index=pd.DatetimeIndex(sessions.astype("datetime64[s]")), columns=list(symbols))


@pytest.mark.parametrize("column", COLUMNS)
async def test_a_panel_equals_a_plain_reading(rated: Database, column: str) -> None:
    async with rated.transaction() as connection:
        panels = await read_panels(connection, SYMBOLS, SESSION, 300, [column])
    expected = await plainly(rated, column, SYMBOLS, 300)
    np.testing.assert_array_equal(panels[column].to_numpy(), expected.to_numpy())
    assert panels[column].index.equals(expected.index)
    assert tuple(panels[column].columns) == SYMBOLS


async def test_several_columns_come_from_one_reading(rated: Database) -> None:
    async with rated.transaction() as connection:
        panels = await read_panels(connection, SYMBOLS, SESSION, 20, list(COLUMNS))
    assert set(panels) == set(COLUMNS)
    for column in COLUMNS:
        np.testing.assert_array_equal(panels[column], await plainly(rated, column, SYMBOLS, 20))


async def test_symbols_keep_the_order_asked_for(rated: Database) -> None:
    async with rated.transaction() as connection:
        one = await read_panels(connection, ("NKE", "HAS"), SESSION, 5, ["close"])
        other = await read_panels(connection, ("HAS", "NKE"), SESSION, 5, ["close"])
    pd.testing.assert_frame_equal(one["close"][["HAS", "NKE"]], other["close"])


async def test_sessions_without_bars_are_rows_of_nan(rated: Database) -> None:
    async with rated.transaction() as connection:
        panels = await read_panels(connection, ("HAR",), SESSION, 30, ["close"])
    close = panels["close"]["HAR"]
    assert len(close) == 30
    assert close.last_valid_index() == pd.Timestamp("2017-03-10")
    assert close.isna().sum() == 15


async def test_nobody_gives_an_empty_panel(rated: Database) -> None:
    async with rated.transaction() as connection:
        panels = await read_panels(connection, (), SESSION, 5, ["close"])
    assert panels["close"].shape == (5, 0)


async def test_a_day_that_is_no_session_is_refused(rated: Database) -> None:
    async with rated.transaction() as connection:
        with pytest.raises(ValueError, match="2017-04-01 is no session"):
            await read_panels(connection, ("NKE",), date(2017, 4, 1), 5, ["close"])


async def test_members_are_the_stocks_and_say_which_still_trade(rated: Database) -> None:
    async with rated.transaction() as connection:
        members = await read_members(connection, "sample")
    active = members.active_at(SESSION)
    assert len(members.symbols) == len(members.listed_at(SESSION)) == 410
    assert not {"QQQ", "SPY"} & set(members.symbols)
    assert ("HAR" in active, "NKE" in active) == (False, True)


async def test_a_stock_is_active_up_to_its_last_session(rated: Database) -> None:
    async with rated.transaction() as connection:
        members = await read_members(connection, "sample")
    assert "HAR" in members.active_at(date(2017, 3, 10))
    assert "HAR" not in members.active_at(date(2017, 3, 13))


async def test_before_its_first_bar_a_stock_is_not_listed(rated: Database) -> None:
    async with rated.transaction() as connection:
        members = await read_members(connection, "sample")
        youngest = await connection.fetchrow("SELECT symbol, first_session FROM series ORDER BY 2 DESC LIMIT 1")
    assert youngest["first_session"] > date(2015, 3, 31)
    assert youngest["symbol"] in members.active_at(youngest["first_session"])
    assert youngest["symbol"] not in members.listed_at(youngest["first_session"] - timedelta(days=1))


async def test_last_bars_carried_along_are_those_that_are_stored(rated: Database) -> None:
    days = [day.item() for day in sessions_to(SESSION, 20)]
    async with rated.transaction() as connection:
        carried = LastBars(await read_last_bars(connection, SYMBOLS, days[0]), SYMBOLS)
        closes = (await read_panels(connection, SYMBOLS, SESSION, 20, ["raw_close"]))["raw_close"].to_numpy()
        for day, row in zip(days, closes, strict=True):
            carried.see(day, row)
            expected = (await read_last_bars(connection, SYMBOLS, day)).reindex(list(SYMBOLS))
            pd.testing.assert_frame_equal(carried.frame, expected, check_dtype=False, check_names=False)


async def test_last_bars_are_as_traded_and_of_the_symbols_own_day(rated: Database) -> None:
    async with rated.transaction() as connection:
        bars = await read_last_bars(connection, SYMBOLS, SESSION)
    assert sorted(bars.index) == sorted(set(SYMBOLS) - {"NOBODY"})
    assert bars.loc["HAR", "last_session"] == date(2017, 3, 10)
    assert bars.loc["NFLX", "close"] == pytest.approx(147.81, abs=0.01)
