import numpy as np
import pandas as pd
import pyarrow as pa

from canslim_ratings import make_panels

BARS = pd.DataFrame(
    {
        "symbol": ["NA", "B", "NA", "B", "B"],
        "session": pd.to_datetime(["2024-01-02", "2024-01-02", "2024-01-04", "2024-01-04", "2024-01-04"]),
        "close": [1.0, 2.0, 3.0, 4.0, 5.0],
        "volume": [10, 20, 30, 40, 50],
    }
)


def test_bars_become_sessions_times_symbols() -> None:
    close = make_panels(BARS, columns=["close"])["close"]
    assert close.columns.tolist() == ["B", "NA"]
    assert close.index.tolist() == pd.to_datetime(["2024-01-02", "2024-01-04"]).tolist()
    # The second bar of B on that day replaces the first.
    assert close.to_numpy().tolist() == [[2, 1], [5, 3]]


def test_a_session_of_the_calendar_without_a_bar_is_a_row_of_gaps() -> None:
    calendar = pd.DatetimeIndex(["2024-01-03", "2024-01-04"])
    volume = make_panels(BARS, calendar, ["volume"])["volume"]
    np.testing.assert_array_equal(volume.to_numpy(), [[np.nan, np.nan], [50, 30]])


def test_the_order_of_bars_of_different_sessions_changes_nothing() -> None:
    shuffled = BARS.iloc[[3, 4, 0, 2, 1]]
    pd.testing.assert_frame_equal(
        make_panels(shuffled, columns=["close"])["close"], make_panels(BARS, columns=["close"])["close"]
    )


def test_any_table_that_speaks_arrow_will_do() -> None:
    """As polars, pyarrow and DuckDB do; dates may be dates, texts dictionaries, numbers null."""
    table = pa.table(
        {
            "symbol": pa.array(["NA", "B", "NA"]).dictionary_encode(),
            "session": pa.array(BARS["session"].dt.date[:3], pa.date32()),
            "close": pa.array([1.0, None, 3.0], pa.float32()),
        }
    )
    close = make_panels(table, columns=["close"])["close"]
    np.testing.assert_array_equal(close.to_numpy(), [[np.nan, 1], [np.nan, 3]])


def test_the_input_is_left_as_it_was() -> None:
    before = BARS.copy(deep=True)
    make_panels(BARS, columns=["close"])
    pd.testing.assert_frame_equal(BARS, before)
