"""The encoder against PostgreSQL itself: what goes in comes out, bit by bit."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest

from canslim_collector.binary_copy import BAR_COLUMNS, encode_bars
from canslim_collector.provider import Answer, Bars
from canslim_infra.postgres.connection import Database
from tests.collector.builders import bars

FIGURES = ("open", "high", "low", "close", "volume", "adj_factor", "split_factor")
TICKERS = ("A", "NA", "NAN", "TRUE", "NULL", "BRK-B", "BF.B", "^GSPC", "EURUSD=X", "ÆØ")


async def copied(database: Database, *answers: Answer) -> list[dict[str, Any]]:
    async with database.transaction() as connection:
        source = BytesIO(encode_bars(answers))
        await connection.copy_to_table("daily_bar", source=source, columns=BAR_COLUMNS, format="binary")
        return [dict(row) for row in await connection.fetch("SELECT * FROM daily_bar ORDER BY symbol, session")]


async def test_every_ticker_comes_back_as_it_is(database: Database) -> None:
    rows = await copied(database, *(Answer(name, bars(1.0), restated=True) for name in TICKERS))
    assert sorted(row["symbol"] for row in rows) == sorted(TICKERS)


async def test_figures_and_sessions_come_back_to_the_last_bit(database: Database) -> None:
    history = awkward()
    rows = await copied(database, Answer("AAPL", history, restated=True))
    assert [row["session"] for row in rows] == history.sessions.tolist()
    for name in FIGURES:
        assert [row[name] for row in rows] == getattr(history, name).tolist()


@pytest.mark.parametrize("day", ["1962-01-02", "1999-12-31", "2000-01-03", "2100-01-04"])
async def test_sessions_before_and_after_postgresqls_epoch_come_back(database: Database, day: str) -> None:
    history = replace(bars(1.0), sessions=np.array([day], dtype="datetime64[D]"))
    (row,) = await copied(database, Answer("AAPL", history, restated=True))
    assert str(row["session"]) == day


async def test_answers_of_different_lengths_go_into_one_stream(database: Database) -> None:
    answers = [Answer("LONGER", bars(1, 2, 3), restated=True), Answer("B", bars(4), restated=True)]
    rows = await copied(database, *answers, Answer("EMPTY", bars(), restated=False))
    assert [(row["symbol"], row["close"]) for row in rows] == [("B", 4), ("LONGER", 1), ("LONGER", 2), ("LONGER", 3)]


async def test_no_answer_is_an_empty_stream(database: Database) -> None:
    assert await copied(database) == []


def awkward() -> Bars:
    """Figures that a detour over text, float32 or int32 would change."""
    ugly = np.array([0.1 + 0.2, 1e-300, 1.7976931348623157e308])
    volume = np.array([0, 2**31, 2**62], dtype=np.int64)
    return replace(bars(1, 2, 3), open=ugly[::-1], high=ugly, low=ugly, close=ugly, volume=volume, adj_factor=ugly / 3)
