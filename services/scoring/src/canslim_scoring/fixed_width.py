"""Reads whole numbers and floats by binary COPY straight into arrays, without a Python object a row.

Every field must be an int4 or float8 that is never null, so that all rows have one length; write
`coalesce(figure, 'NaN')` and number texts. Format:
www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY-FORMAT.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from canslim_infra.postgres.connection import Connection

HEADER_LENGTH, TRAILER_LENGTH = 19, 2
#: PostgreSQL counts days from here.
EPOCH = np.datetime64("2000-01-01", "D")
#: What SQL type, by name of a field's kind, and how its bytes read. A day is cast by `day - date '2000-01-01'`.
KINDS = {"int": ("int4", ">i4"), "float": ("float8", ">f8"), "day": ("int4", ">i4")}


async def read_fixed(
    connection: Connection, fields: Mapping[str, tuple[str, str]], source: str, *arguments: Any
) -> dict[str, npt.NDArray[Any]]:
    """Columns by name. fields: name to SQL expression and kind; source: all of the query from FROM on."""
    expressions = ", ".join(f"({_expression(*field)})::{KINDS[field[1]][0]}" for field in fields.values())
    target = BytesIO()
    await connection.copy_from_query(f"SELECT {expressions} {source}", *arguments, output=target, format="binary")
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name, (_, kind) in fields.items():
        layout += [(f"{name}_length", ">i4"), (name, KINDS[kind][1])]
    rows = np.frombuffer(target.getbuffer()[HEADER_LENGTH:-TRAILER_LENGTH], dtype=np.dtype(layout))
    return {name: _values(rows[name], kind) for name, (_, kind) in fields.items()}


def _expression(expression: str, kind: str) -> str:
    return f"{expression} - date '2000-01-01'" if kind == "day" else expression


def _values(column: npt.NDArray[Any], kind: str) -> npt.NDArray[Any]:
    if kind == "day":
        return EPOCH + column.astype("timedelta64[D]")
    return column.astype(column.dtype.newbyteorder("="))
