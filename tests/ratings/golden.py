"""What the whole catalogue says of a made-up market, pinned. `python -m tests.ratings.golden` writes it anew.

A difference is a changed formula: read it, and raise the rating's version.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from canslim_ratings import Ratings, rate_all
from tests.ratings.world import world

FILE = Path(__file__).parent / "golden.csv"


def golden_ratings() -> Ratings:
    """Twenty-four stocks, some of them young, gone, suspect or without filings."""
    return rate_all(world(24, seed=1).facts())


def as_text(ratings: Ratings) -> pd.DataFrame:
    """Symbols x ratings: the value to six decimals, or the reason why there is none."""
    columns = {
        f"{name} {ratings.versions[name]}": [
            f"{round(value, 6):.10g}" if reason is None else reason
            for value, reason in zip(rated.value, rated.reason, strict=True)
        ]
        for name, rated in ratings.rated.items()
    }
    return pd.DataFrame(columns, index=pd.Index(np.asarray(ratings.symbols), name="symbol"))


if __name__ == "__main__":
    as_text(golden_ratings()).to_csv(FILE)
