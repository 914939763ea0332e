"""The whole market through `canslim up`: what of the rubric could be judged there, and why not the rest."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings import CRITERIA, ScoreCard
from tools.ratings_docs import table
from tools.validation.page import Chapter, Check, percent
from tools.validation.pipeline_rows import coverage, criteria, letters
from tools.validation.scored import Scored
from tools.validation.shared_data import SESSION

TITLE: Final = "The whole US market of 2017-03-31: the pipeline"
#: Points of the library and the pipeline may differ by what a split's factor was rounded to.
NEAR: Final = 0.01
TEXT: Final = """\
All {count:,} companies of `us_2015_2017` at {session}, through `canslim up --provider files` on a folder with their
prices, filings, names and industries (of 2023), refreshed and read back over HTTP. The refresh: {job}. Left out of the
folder were filings that were known before their period ended, or of the year 29953000 ({left_out}); with such a row the
provider refuses the company and says why. Nobody's holders are known, so S2, I1 and I2 (13 points) are missing for all,
and S is judged by S1 alone; the filings start in 2015, so three years of earnings (A2) are missing for nearly all.

{graded:,} companies are graded. Not graded, by the first reason: {ungraded}.

{letters}

{coverage}

{criteria}

{agreement}"""
AGREEMENT: Final = """\
Beside the library, from the same data read another way (the feed's list of splits, not the steps of its adjustment
factors): of {judged:,} verdicts {same:,} have the same points to {near}, or are missing in both{others}.
"""


def pipeline(scored: Scored, card: ScoreCard) -> Chapter:
    """card: the library's."""
    judged, other = _compared(scored, card)
    text = TEXT.format(
        count=len(scored.stocks),
        session=SESSION.date(),
        job=f"{scored.job['done']:,} of {scored.job['total']:,} symbols (SPY and QQQ among them), "
        f"{scored.job['failed']} failed, {scored.job['bars']:,} bars",
        left_out=", ".join(scored.left_out),
        graded=sum(bool(stock["graded"]) for stock in scored.stocks),
        ungraded=_counts(stock["reason"] for stock in scored.stocks if not stock["graded"]),
        letters=table(("letter", "judged", "in full", "median of points earned"), letters(scored)),
        coverage=table(("coverage", "companies", "share"), coverage(scored)),
        criteria=table(("criterion", "judged", "passed, of these", "missing because"), criteria(scored)),
        agreement=_agreement(judged, other, scored.left_out),
    )
    count, scores = len(scored.stocks), sum(stock["score"] is not None for stock in scored.stocks)
    same = 1 - len(other) / judged
    checks = [
        Check("companies scored", "the pipeline", f"{scores:,}", f"{count:,}", scores == count),
        Check("verdicts as the library's", "the pipeline", percent(same, 2), "99.9 %", same >= 0.999),
    ]
    return Chapter(TITLE, text, checks)


def _counts(reasons: Iterator[str]) -> str:
    return ", ".join(f"`{reason}` {count:,}" for reason, count in Counter(reasons).most_common())


def _compared(scored: Scored, card: ScoreCard) -> tuple[int, list[tuple[str, str]]]:
    """How many verdicts there are, and (symbol, criterion) of those that differ from the library's."""
    other = []
    names = [stock["symbol"] for stock in scored.stocks]
    for criterion in CRITERIA:
        verdicts = card.verdicts[criterion.id]
        ours = pd.Series(verdicts.points, index=card.table.index).reindex(names)
        theirs = [verdict["points"] for verdict in scored.criteria(criterion)]
        for symbol, one, two in zip(names, ours, theirs, strict=True):
            if np.isnan(one) != (two is None) or (two is not None and abs(one - two) > NEAR):
                other.append((symbol, criterion.id))
    return len(names) * len(CRITERIA), other


def _agreement(judged: int, other: list[tuple[str, str]], left_out: list[str]) -> str:
    """The differences are named; there are few."""
    named = [
        f"{criterion} of {symbol}" + (", whose filing was left out" if symbol in left_out else "")
        for symbol, criterion in other
    ]
    others = f"; the others: {'; '.join(named)}" if named else ""
    return AGREEMENT.format(judged=judged, same=judged - len(other), near=NEAR, others=others)
