"""What the catalogue says of the whole US market, and why where it says nothing."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings import CATALOGUE, Facts, Ratings
from tools.ratings_docs import table
from tools.validation.page import Chapter, Check, percent, shares
from tools.validation.shared_data import SESSION

TEXT: Final = """\
All {count:,} companies of `us_2015_2017` at {session}, through the library: prices as the feed adjusted them, filings
as they were known, industries of 2023, SPY and QQQ for the market. Nobody's holders are known. The score's criteria are
in the chapter on the pipeline.

"""


def whole_market(facts: Facts, ratings: Ratings) -> Chapter:
    text = TEXT.format(count=len(facts.symbols), session=SESSION.date())
    text += table(("rating", "has a value", "missing because"), _ratings(ratings))
    priced = ~facts.not_priced
    share = float(np.mean(pd.notna(ratings["rs_rating"].value[priced])))
    stocks = f"{int(priced.sum()):,} stocks"
    check = Check("RS Rating where there is a price", stocks, percent(share), "85 %", share >= 0.85)
    return Chapter("The whole US market of 2017-03-31: the catalogue", text, [check])


def _ratings(ratings: Ratings) -> Iterator[tuple[str, ...]]:
    for rating in CATALOGUE:
        rated = ratings[rating.name]
        absent = np.isnan(rated.value)
        yield f"`{rating.name}`", percent(1 - absent.mean()), shares(rated.reason[absent], len(absent))
