"""Ratings as rows of the table: plain Python values, None where a figure is missing."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import orjson
import pandas as pd

from canslim_infra.postgres.rating_columns import OWN_COLUMN
from canslim_ratings import CATALOGUE, Ratings
from canslim_ratings.can_slim import LETTERS

#: What stage `rs` finds.
STRENGTH_COLUMNS: Final = (
    "symbol",
    "last_session",
    "close",
    "rs_raw",
    "rs_rating",
    "rs_provisional",
    "rs_anchor_filled",
    "rs_reason",
)
#: What stage `score` adds.
SCORE_COLUMNS: Final = (
    "score",
    "coverage",
    "graded",
    "score_reason",
    "figures",
    "reasons",
    "letters",
    "details",
)
#: What shares the column `figures`.
SHARED: Final = tuple(rating for rating in CATALOGUE if rating.name not in OWN_COLUMN)
#: A row's letters; a dictionary for each, as in the details, would take four times as long.
LETTERS_JSON: Final = "{" + ",".join(f'"{letter}":{{"points":%s,"available":%s}}' for letter in LETTERS) + "}"

Row = tuple[Any, ...]


def strength_rows(strengths: pd.DataFrame, last_bars: pd.DataFrame) -> Iterator[Row]:
    """Rows of STRENGTH_COLUMNS, of what `rate_strength` and `read_last_bars` returned."""
    bars = last_bars.reindex(strengths.index)
    return zip(
        strengths.index,
        _plain(bars["last_session"]),
        _plain(bars["close"]),
        _plain(strengths["rs_raw"]),
        _whole(strengths["rs_rating"]),
        _whole(strengths["rs_provisional"]),
        strengths["anchor_filled"].tolist(),
        _plain(strengths["reason"]),
        strict=True,
    )


def score_rows(ratings: Ratings, *, explained: bool) -> Iterator[Row]:
    """Rows of a symbol and SCORE_COLUMNS; `letters` and `details` as JSON text, details only where `explained`."""
    table = ratings.card.table
    figures = np.stack([ratings[rating.name].value for rating in SHARED], axis=1).astype(object)
    reasons = np.stack([ratings[rating.name].reason for rating in SHARED], axis=1)
    figures[pd.isna(figures)] = None
    return zip(
        ratings.symbols,
        _plain(table["score"]),
        _plain(table["coverage"]),
        table["graded"].tolist(),
        _plain(table["reason"]),
        figures.tolist(),
        reasons.tolist(),
        _letters(table),
        _details(ratings) if explained else [None] * len(table),
        strict=True,
    )


def _letters(table: pd.DataFrame) -> Iterator[str]:
    """Each letter's points and available points."""
    figures = [_texts(table[f"{letter}_{what}"]) for letter in LETTERS for what in ("points", "available")]
    return (LETTERS_JSON % row for row in zip(*figures, strict=True))


def _texts(column: "pd.Series[Any]") -> list[str]:
    return ["null" if figure is None else repr(figure) for figure in _plain(column.round(6))]


def _details(ratings: Ratings) -> Iterator[str]:
    for (_, letters), (_, others) in zip(ratings.card.details(), ratings.details(), strict=True):
        yield _json({**letters, "ratings": others})


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()


def _plain(column: "pd.Series[Any]") -> list[Any]:
    values = column.to_numpy(dtype=object, copy=True)
    values[column.isna().to_numpy()] = None
    plain: list[Any] = values.tolist()
    return plain


def _whole(column: "pd.Series[Any]") -> list[int | None]:
    return [None if rating is None else round(rating) for rating in _plain(column)]
