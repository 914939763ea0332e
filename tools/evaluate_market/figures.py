"""The figures that the page is made of, as one tidy table that is kept beside its picture."""

from io import StringIO
from pathlib import Path
from typing import Final

import pandas as pd

from canslim_ratings.evaluation import EvaluationReport, as_frame
from tools.validation.shared_data import ROOT

FILE: Final = ROOT / "docs" / "pictures" / "evaluation.csv"
#: What `prices` is: all are believed, or windows with a suspect move are left out.
ALL: Final = "all"
WITHOUT_SUSPECT: Final = "without_suspect"
MEANS: Final = ("information_coefficient", "spread", "hit_rate", "observed", "suspect")
#: Stocks whose largest move the page names.
NAMED_MOVES: Final = ("NSPR", "IDXG", "CTIC", "TBRA")
NUMBERS: Final = ("value", "low", "high", "sessions", "windows")
#: So many digits are kept.
DIGITS: Final = "%.6g"


def make_figures(believed: EvaluationReport, doubted: EvaluationReport, close: pd.DataFrame) -> pd.DataFrame:
    """`as_frame` of the evaluation of all prices, and the means of the one without suspect moves; column `prices`.

    close: whose prices were evaluated; how often its NAMED_MOVES multiplied a price in a day goes along.
    """
    full, part = as_frame(believed), as_frame(doubted)
    part = part[part["measure"].isin(MEANS)]
    scope = pd.DataFrame(
        [
            {"measure": "sessions", "value": len(believed.sessions), "reason": f"from {believed.sessions[0].date()}"},
            {"measure": "symbols", "value": believed.symbols, "reason": f"prices to {believed.panel[1].date()}"},
            *({"measure": "day_move", "bucket": symbol, "value": _day_move(close[symbol])} for symbol in NAMED_MOVES),
        ]
    ).assign(rating="", horizon=0)
    scope = scope.fillna({"bucket": "", "reason": ""})
    return pd.concat([scope.assign(prices=ALL), full.assign(prices=ALL), part.assign(prices=WITHOUT_SUSPECT)])


def _day_move(close: pd.Series) -> float:
    """The largest close in terms of the one before it."""
    prices = close.dropna()
    return float((prices / prices.shift()).max())


def as_csv(figures: pd.DataFrame) -> str:
    return figures.to_csv(index=False, float_format=DIGITS, lineterminator="\n")


def read_figures(text: str) -> pd.DataFrame:
    """Reads what `as_csv` wrote: an empty number is NaN, an empty text stays one."""
    numbers = {name: [""] for name in NUMBERS}
    return pd.read_csv(StringIO(text), keep_default_na=False, na_values=numbers, dtype={"bucket": str})


def kept_figures(path: Path = FILE) -> pd.DataFrame:
    return read_figures(path.read_text())
