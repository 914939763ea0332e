"""Tables of other libraries, and of plain arrays, as frames of pandas."""

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd


class Table(Protocol):
    """Columns by name, each of which NumPy can read: a dictionary of arrays, a table of polars, pyarrow or pandas."""

    def __getitem__(self, name: str, /) -> npt.ArrayLike: ...


@runtime_checkable
class PyarrowColumn(Protocol):
    """What tells pyarrow's columns from those of others."""

    def to_pandas(self) -> "pd.Series[Any]": ...

    def to_pylist(self) -> list[Any]: ...


def as_frame(table: Table, columns: Iterable[str]) -> pd.DataFrame:
    """Takes `columns` of `table` over into pandas, which needs no pyarrow for it. A frame of pandas keeps its types.

    Null is NaN among numbers, NaT among dates, and missing among texts.
    """
    if isinstance(table, pd.DataFrame):
        return table[list(columns)]
    return pd.DataFrame({name: _column(table[name], name) for name in columns})


def _column(values: npt.ArrayLike, name: str) -> npt.NDArray[Any]:
    if isinstance(values, PyarrowColumn):
        # To NumPy itself pyarrow says a dictionary's last word where there is none.
        values = values.to_pandas()
    # A masked array, as DuckDB gives, stays one: pandas reads what is masked as missing.
    column: npt.NDArray[Any] = np.asanyarray(values)
    if column.ndim != 1:
        raise TypeError(f"column {name!r} must be an array or what NumPy reads as one, it is {type(values).__name__}")
    return column
