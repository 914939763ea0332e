"""Verdicts as plain dictionaries, ready for JSON: what was measured, how it was judged, what was missing."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from canslim_ratings.arrays import IntArray
from canslim_ratings.criteria import CRITERIA, Criterion, Verdicts

#: Letter to `points`, `available` and `criteria`.
Detail = dict[str, dict[str, Any]]
#: Decimals kept: cents of a share, and a ten-thousandth of a percent.
DECIMALS: Final = 6
#: Symbols turned into dictionaries at a time, so that a large universe is never held twice.
CHUNK: Final = 1000


def iterate_details(
    verdicts: Mapping[str, Verdicts], universe: pd.Index, symbols: Iterable[str] | None = None
) -> Iterator[tuple[str, Detail]]:
    """Yields (symbol, detail) in the order of `symbols`, or of `universe`; unknown symbols are skipped."""
    for names, rows in _chunks(universe, symbols):
        columns = [_criterion(criterion, verdicts[criterion.id], rows) for criterion in CRITERIA]
        for symbol, judged in zip(names, zip(*columns, strict=True), strict=True):
            yield symbol, _letters(judged)


def iterate_rows(
    tree: Mapping[str, Any], universe: pd.Index, symbols: Iterable[str] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields (symbol, its row of `tree`) as `iterate_details` does.

    tree: columns by name, one element a symbol of `universe`, or such trees.
    """
    for names, rows in _chunks(universe, symbols):
        yield from zip(names, _rows(tree, rows), strict=True)


def _chunks(universe: pd.Index, symbols: Iterable[str] | None) -> Iterator[tuple[list[str], IntArray]]:
    """Gives names and their places in `universe`, a chunk at a time."""
    wanted = universe if symbols is None else pd.Index(list(symbols), dtype=universe.dtype)
    at: IntArray = np.asarray(universe.get_indexer(wanted), dtype=np.int64)
    at = at[at >= 0]
    for start in range(0, len(at), CHUNK):
        rows = at[start : start + CHUNK]
        yield [str(symbol) for symbol in universe[rows].tolist()], rows


def _rows(tree: Mapping[str, Any], rows: IntArray) -> list[dict[str, Any]]:
    """One dictionary a row."""
    columns = [_rows(part, rows) if isinstance(part, Mapping) else _plain(part[rows]) for part in tree.values()]
    if not columns:
        return [{} for _ in rows]
    return [dict(zip(tree, row, strict=True)) for row in zip(*columns, strict=True)]


def _letters(judged: tuple[dict[str, Any], ...]) -> Detail:
    """Puts the criteria of one symbol under their letters and adds up their points."""
    letters: Detail = {}
    for criterion, verdict in zip(CRITERIA, judged, strict=True):
        letter = letters.setdefault(criterion.letter, {"points": None, "available": 0.0, "criteria": []})
        letter["criteria"].append(verdict)
        if verdict["points"] is not None:
            letter["points"] = round((letter["points"] or 0.0) + verdict["points"], DECIMALS)
            letter["available"] = round(letter["available"] + verdict["available"], DECIMALS)
    return letters


def _criterion(criterion: Criterion, verdicts: Verdicts, rows: IntArray) -> list[dict[str, Any]]:
    """One dictionary a row for one criterion."""
    passed = [None if mark is None else mark == 1.0 for mark in _plain(verdicts.passed[rows])]
    return [
        {
            "id": criterion.id,
            "title": criterion.title,
            "points": points,
            "available": available,
            "passed": mark,
            "value": value,
            "unit": criterion.unit,
            "threshold": criterion.threshold,
            "reason": reason,
            "inputs": inputs,
        }
        for points, available, mark, value, reason, inputs in zip(
            _plain(verdicts.points[rows]),
            _plain(verdicts.available[rows]),
            passed,
            _plain(verdicts.value[rows]),
            verdicts.reason[rows].tolist(),
            _rows(verdicts.inputs, rows),
            strict=True,
        )
    ]


def _plain(values: npt.NDArray[Any]) -> list[Any]:
    """Turns one column into plain Python values; NaN, infinity and NaT become None."""
    if values.dtype.kind == "f":
        plain = np.round(values, DECIMALS).astype(object)
        plain[~np.isfinite(values)] = None
        return list(plain.tolist())
    if values.dtype.kind == "M":
        plain = np.datetime_as_string(values, unit="D").astype(object)
        plain[np.isnat(values)] = None
        return list(plain.tolist())
    return list(values.tolist())
