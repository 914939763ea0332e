import pandas as pd
import pytest

from canslim_ratings import Facts
from tests.ratings.builders import facts, panel, steady, strengths


def test_panels_of_two_shapes_are_refused() -> None:
    close = panel({"A": steady(110.0)})
    with pytest.raises(ValueError, match="high must have the sessions and symbols of close"):
        facts(close, high=close.iloc[1:])


def test_the_last_row_must_be_the_session() -> None:
    close = panel({"A": steady(110.0)})
    with pytest.raises(ValueError, match="2025-01-02"):
        Facts(pd.Timestamp("2025-01-02"), close, close, close, strengths({"A": 80}))


def test_the_universe_is_the_columns_of_the_closes() -> None:
    assert facts(panel({"NA": steady(110.0), "B": steady(90.0)})).symbols.tolist() == ["NA", "B"]
