"""What splits make of adjustment factors."""

import numpy as np
import pandas as pd
import pytest

from canslim_collector.provider import Ask
from canslim_collector.providers.bar_table import BarTable, columns_by_symbol, split_factors


def factors(**adjustments: list[float]) -> list[float]:
    symbols = np.array([name for name, values in adjustments.items() for _ in values], dtype=object)
    values = np.array([value for values in adjustments.values() for value in values], dtype=np.float64)
    return [round(float(factor), 9) for factor in split_factors(symbols, values)]


def test_without_steps_nothing_is_split() -> None:
    assert factors(A=[1, 1, 1]) == [1, 1, 1]


def test_a_step_of_half_is_a_split() -> None:
    assert factors(A=[0.5, 0.5, 1]) == [0.5, 0.5, 1]


def test_a_dividend_is_left_out_of_the_split_factor() -> None:
    assert factors(A=[0.98, 0.98, 1]) == [1, 1, 1]


def test_a_split_stays_exact_beside_dividends() -> None:
    assert factors(A=[0.98 * 0.5, 0.5, 1]) == [0.5, 0.5, 1]


def test_splits_multiply() -> None:
    assert factors(A=[1 / 6, 1 / 3, 1]) == [pytest.approx(1 / 6), pytest.approx(1 / 3), 1]


def test_a_reverse_split_is_a_split() -> None:
    assert factors(A=[10, 10, 1]) == [10, 10, 1]


@pytest.mark.parametrize(("step", "split"), [(0.8, 0.8), (0.81, 1), (1.24, 1), (1.25, 1.25)])
def test_a_fifth_is_where_a_dividend_becomes_a_split(step: float, split: float) -> None:
    assert factors(A=[step, 1]) == [split, 1]


def test_the_last_bar_of_one_symbol_says_nothing_of_the_next_one() -> None:
    assert factors(A=[0.5, 1], B=[0.1, 0.1], C=[2, 1]) == [0.5, 1, 1, 1, 2, 1]


def test_a_last_factor_other_than_one_is_no_split() -> None:
    assert factors(A=[0.25, 0.5, 0.5]) == [0.5, 1, 1]


def test_no_rows_no_factors() -> None:
    assert split_factors(np.array([], dtype=object), np.array([])).tolist() == []


def rows(*symbols_and_days: tuple[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(symbols_and_days, columns=["symbol", "date"])
    figures = dict.fromkeys(("open", "high", "low", "adj_factor", "split_factor"), 1.0)
    return frame.assign(close=np.arange(float(len(frame))), volume=1, **figures)


def test_rows_in_any_order_become_sorted_histories() -> None:
    table = BarTable.from_frame(rows(("B", "2017-03-31"), ("A", "2017-03-31"), ("B", "2017-03-30")))
    assert list(table.spans) == ["A", "B"]
    bars, restated = table.bars(Ask("B"))
    assert (bars.sessions.astype(str).tolist(), bars.close.tolist()) == (["2017-03-30", "2017-03-31"], [2, 0])
    assert restated


def test_an_empty_table_holds_nobody() -> None:
    assert dict(BarTable.from_frame(rows()).spans) == {}


def test_tables_split_by_symbol_keep_the_order_of_their_rows() -> None:
    frame = pd.DataFrame({"symbol": ["A", "B", "A"], "day": pd.to_datetime(["2017-01-03"] * 3), "figure": [1, 2, 3]})
    split = columns_by_symbol(frame)
    assert {name: table["figure"].tolist() for name, table in split.items()} == {"A": [1, 3], "B": [2]}
    assert split["A"]["day"].dtype == np.dtype("datetime64[D]")
