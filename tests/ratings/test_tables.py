import subprocess
import sys
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from canslim_ratings import as_frame, make_panels, rate_strength

BARS: dict[str, Any] = {
    "symbol": ["NA", "B", "NA", None],
    "session": [date(2024, 1, 2), date(2024, 1, 2), date(2024, 1, 4), date(2024, 1, 4)],
    "close": [1.0, None, 3.0, 4.0],
    "volume": [10, 20, None, 40],
}
CLOSE = [[np.nan, 1.0], [np.nan, 3.0]]
VOLUME = [[20.0, 10.0], [np.nan, np.nan]]

masked = {
    name: np.ma.masked_array(
        np.array([0 if value is None else value for value in values]), [value is None for value in values]
    )
    for name, values in BARS.items()
    if name in ("close", "volume")
}
arrays = {"symbol": np.array(BARS["symbol"], dtype=object), "session": np.array(BARS["session"], "datetime64[D]")}


@pytest.mark.parametrize(
    "bars",
    [
        pl.DataFrame(BARS),
        pl.DataFrame(BARS).with_columns(pl.col("symbol").cast(pl.Categorical), pl.col("session").cast(pl.Datetime)),
        pa.table(BARS),
        pa.table({**BARS, "symbol": pa.array(BARS["symbol"]).dictionary_encode()}),
        pd.DataFrame(BARS),
        pd.DataFrame.from_arrow(pl.DataFrame(BARS)),  # type: ignore[attr-defined]
        {**arrays, **masked},
    ],
    ids=["polars", "polars with categories", "pyarrow", "pyarrow with a dictionary", "pandas", "Arrow", "NumPy"],
)
def test_any_library_gives_the_same_panels(bars: Any) -> None:
    panels = make_panels(bars, columns=["close", "volume"])
    assert panels["close"].columns.tolist() == ["B", "NA"]
    assert panels["close"].index.tolist() == pd.to_datetime(["2024-01-02", "2024-01-04"]).tolist()
    np.testing.assert_array_equal(panels["close"].to_numpy(), CLOSE)
    np.testing.assert_array_equal(panels["volume"].to_numpy(), VOLUME)


def test_null_stays_missing_in_a_table_of_filings() -> None:
    known_on = [None, date(2024, 1, 2)]
    filings = pl.DataFrame({"fiscal_period": ["FY", None], "eps_diluted": [None, 2], "known_on": known_on})
    frame = as_frame(filings, filings.columns)
    assert frame.isna().to_numpy().tolist() == [[False, True, True], [True, False, False]]


def test_a_frame_of_pandas_keeps_its_types() -> None:
    frame = pd.DataFrame({"symbol": pd.Categorical(["A"]), "other": 1})
    pd.testing.assert_frame_equal(as_frame(frame, ["symbol"]), frame[["symbol"]])


def test_what_is_no_column_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="column 'close' must be an array"):
        as_frame({"close": 1.0}, ["close"])


def test_a_matrix_of_numpy_is_a_panel_once_it_has_names() -> None:
    matrix = np.cumprod(np.full((260, 3), [1.001, 1.002, 0.999]), axis=0)
    close = pd.DataFrame(matrix, pd.bdate_range(end="2024-12-31", periods=260), ["A", "B", "C"])
    assert rate_strength(close)["rs_rating"].to_numpy().tolist() == [50, 99, 1]


def test_polars_is_read_where_pyarrow_is_not_installed() -> None:
    program = """
        import sys
        sys.modules["pyarrow"] = None  # An import of it fails from here on.
        import polars, canslim_ratings
        bars = polars.DataFrame({"symbol": ["A"], "session": ["2024-01-02"], "close": [1.5]})
        bars = bars.with_columns(polars.col("session").str.to_date())
        assert canslim_ratings.make_panels(bars, columns=["close"])["close"].loc["2024-01-02", "A"] == 1.5
    """
    program = "\n".join(line.strip() for line in program.splitlines())
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)
