import numpy as np
import pytest

from canslim_ratings import MINIMUM_COVERAGE, Coverage, measure_coverage
from tests.ratings.builders import panel


def test_it_counts_active_symbols_with_a_price_in_the_last_row() -> None:
    close = panel({"A": [1, 2], "B": [1, np.nan], "C": [np.nan, 3], "ETF": [1, 1], "ZERO": [1, 0]})
    assert measure_coverage(close, ["A", "B", "C", "ZERO", "GONE", "A"]) == Coverage(active=5, priced=2)


def test_ninety_percent_is_enough() -> None:
    assert MINIMUM_COVERAGE == 0.90
    assert Coverage(active=10, priced=9).sufficient
    assert not Coverage(active=100, priced=89).sufficient


def test_nothing_active_is_not_enough() -> None:
    assert measure_coverage(panel({"A": [1]}), []).fraction == 0
    assert not measure_coverage(panel({"A": [1]}), []).sufficient


@pytest.mark.parametrize("symbol", ["NA", "NAN", "TRUE"])
def test_symbols_that_read_like_missing_values_count(symbol: str) -> None:
    assert measure_coverage(panel({symbol: [1]}), [symbol]).priced == 1
