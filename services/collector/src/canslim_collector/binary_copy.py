"""Encodes arrays as PostgreSQL's binary COPY format, without a Python object a row.

Format: www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY-FORMAT.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from canslim_collector.provider import Answer

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
#: PostgreSQL counts days from here.
EPOCH = np.datetime64("2000-01-01", "D")

BAR_COLUMNS = ("symbol", "session", "open", "high", "low", "close", "volume", "adj_factor", "split_factor")
PRICES = ("open", "high", "low", "close")
FACTORS = ("adj_factor", "split_factor")


def encode_bars(answers: Sequence[Answer]) -> bytes:
    """The bars of all answers as one COPY stream with BAR_COLUMNS."""
    return b"".join((HEADER, *_rows(answers), TRAILER))


def _rows(answers: Sequence[Answer]) -> Iterator[bytes]:
    for answer in answers:
        bars, symbol = answer.bars, answer.symbol.encode()
        rows = np.zeros(len(bars.sessions), dtype=_layout(len(symbol)))
        rows["fields"] = len(BAR_COLUMNS)
        rows["symbol_length"], rows["symbol"] = len(symbol), symbol
        rows["session_length"], rows["session"] = 4, (bars.sessions - EPOCH).astype(np.int32)
        for name in (*PRICES, "volume", *FACTORS):
            rows[f"{name}_length"], rows[name] = 8, getattr(bars, name)
        yield rows.tobytes()


def _layout(symbol_length: int) -> np.dtype[np.void]:
    fields = [("fields", ">i2"), ("symbol_length", ">i4"), ("symbol", f"S{symbol_length}")]
    fields += [("session_length", ">i4"), ("session", ">i4")]
    for name in (*PRICES, "volume", *FACTORS):
        fields += [(f"{name}_length", ">i4"), (name, ">i8" if name == "volume" else ">f8")]
    return np.dtype(fields)
