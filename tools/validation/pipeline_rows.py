"""Rows of the tables on the pipeline: what was judged, how well it did, and why the rest was not."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from canslim_ratings import CRITERIA
from canslim_ratings.can_slim import LETTERS
from tools.validation.page import percent, shares
from tools.validation.scored import Scored

#: Lower bounds of the bands that coverage is counted in; 0.70 is what a grade takes.
BANDS: Final = (0.0, 0.2, 0.4, 0.6, 0.7, 0.75, 0.8)


def letters(scored: Scored) -> Iterator[tuple[str, ...]]:
    for letter in LETTERS:
        own = [stock["letters"][letter] for stock in scored.stocks]
        full = sum(criterion.points for criterion in CRITERIA if criterion.letter == letter)
        judged = [part for part in own if part["points"] is not None]
        earned = [part["points"] / part["available"] for part in judged]
        yield (
            letter,
            percent(len(judged) / len(own)),
            percent(sum(part["available"] > full - 1e-6 for part in own) / len(own)),
            percent(float(np.median(earned))) if earned else "",
        )


def coverage(scored: Scored) -> Iterator[tuple[str, ...]]:
    shares_of_rubric = np.array([stock["coverage"] for stock in scored.stocks])
    # The thirds of A1 must not push an exact 0.70 below it.
    band = np.searchsorted(BANDS, shares_of_rubric + 1e-9, side="right") - 1
    for at, low in enumerate(BANDS):
        high = BANDS[at + 1] if at + 1 < len(BANDS) else 1.0
        count = int((band == at).sum())
        yield f"{low:.2f} to {high:.2f}", f"{count:,}", percent(count / len(band))


def criteria(scored: Scored) -> Iterator[tuple[str, ...]]:
    for criterion in CRITERIA:
        own = scored.criteria(criterion)
        judged = [verdict for verdict in own if verdict["points"] is not None]
        passed = [verdict["passed"] for verdict in judged if verdict["passed"] is not None]
        absent = [verdict["reason"] for verdict in own if verdict["points"] is None]
        yield (
            f"{criterion.id} {criterion.title}",
            percent(len(judged) / len(own)),
            percent(float(np.mean(passed))) if passed else "",
            shares(absent, len(own)),
        )
