"""What is wrong with a file's cells: one reason a symbol, with file, row and column."""

from pathlib import Path

import pandas as pd


class Faults:
    """Collects the first fault of each symbol. `raw` holds the cells as they came, with a column `symbol`."""

    def __init__(self, path: Path, raw: pd.DataFrame) -> None:
        self._path = path
        self._raw = raw
        self.reasons: dict[str, str] = {}

    def refuse(self, wrong: "pd.Series[bool]", column: str, expected: str) -> None:
        """Remembers the cell of every symbol that has a wrong one and no earlier fault."""
        rows = self._raw[wrong.to_numpy()].drop_duplicates("symbol")
        for index, symbol, cell in zip(rows.index, rows["symbol"], rows[column], strict=True):
            self.reasons.setdefault(
                symbol,
                f"{self._path.name}: row {row_number(self._path, index)}, column {column}: expected {expected}, "
                f"found {str(cell)!r} ({symbol})",
            )

    def refuse_symbol(self, symbol: str, expected: str) -> None:
        self.reasons.setdefault(symbol, f"{self._path.name}: expected {expected} ({symbol})")


def row_number(path: Path, index: int) -> int:
    """A row as people count it: in CSV the heading is line 1, in Parquet rows count from 1."""
    return index + (1 if path.suffix == ".parquet" else 2)
