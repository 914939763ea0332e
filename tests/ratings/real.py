"""Real companies of `../shared/data`, cut out of it once; a test that asks for them is skipped where it is absent."""

from functools import cache

import numpy as np
import pandas as pd

from canslim_ratings import Facts
from tests.ratings.builders import facts, panel, shared, strengths

FILING_NAMES = {
    "end_date": "period_end",
    "period_focus": "fiscal_period",
    "revenues": "revenue",
    "first_seen": "known_on",
}


@cache
def all_filings() -> pd.DataFrame:
    """Every filing of 2015 to 2017, named as `as_known` wants it."""
    frame = pd.read_parquet(shared("fundamentals/filings_2015_2017.parquet")).rename(columns=FILING_NAMES)
    return frame.astype({"symbol": "str"})


@cache
def all_splits() -> pd.DataFrame:
    """What the feed lists as splits, spin-offs among them."""
    events = pd.read_parquet(shared("prices/us_2015_2017_events.parquet"))
    events = events[events["kind"] == "split_like"]
    return events.assign(symbol=events["symbol"].astype(str), ex_date=pd.to_datetime(events["ex_date"]))


def filed(symbol: str, session: str, **others: object) -> Facts:
    """What a real company had filed by `session`, beside a price that never moves."""
    filings, splits = all_filings(), all_splits()
    return facts(
        panel({symbol: np.full(260, 10.0)}, pd.Timestamp(session)),
        rs=strengths({symbol: 50.0}),
        filings=filings[filings["symbol"] == symbol],
        splits=splits[splits["symbol"] == symbol],
        **others,
    )
