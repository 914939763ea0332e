"""The mapping of raw values onto ratings beside that of PyPI's ibd-rs-rating."""

from pathlib import Path
from typing import Final

import numpy as np

from canslim_ratings import CALENDAR_63, IBD_RS_RATING
from canslim_ratings.percentile import average_ranks
from tools.validation.page import Chapter, Check, percent
from tools.validation.shared_data import read_table

TEXT: Final = """\
Variant `ibd-rs-rating` maps its published raw values onto its published ratings without exception. Ours spreads ranks
so that the best is 99 and the worst 1 however few there are, and rounds halves up; {apart:,} of {count:,} stocks differ
by one point for it, none by more.
"""


def rs_mapping(data: Path) -> Chapter:
    published = read_table(data, "reference/rs_published_ibdrs_2026_03_20")
    ranks = average_ranks(published["rs_raw"].to_numpy(dtype=np.float64))
    theirs = published["rs_rating"].to_numpy(dtype=np.float64)
    count = len(theirs)
    equal = int((IBD_RS_RATING.rating(ranks, count) == theirs).sum())
    apart = np.abs(CALENDAR_63.rating(ranks, count) - theirs)
    within = percent(float((apart <= 1).mean()))
    return Chapter(
        "RS ratings: ibd-rs-rating, 2026-03-20",
        TEXT.format(apart=int((apart == 1).sum()), count=count),
        [
            Check("ratings equal", "PyPI ibd-rs-rating", f"{equal:,}", f"{count:,}", equal == count),
            Check("ours within 1 point", "the same", within, "100 %", bool(apart.max() <= 1)),
        ],
    )
