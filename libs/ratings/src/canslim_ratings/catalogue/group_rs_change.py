"""How the rating of a stock's industry group moved."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import FloatArray, first_reason, in_any_row, missing
from canslim_ratings.catalogue import group_rs
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.facts import SESSIONS, Facts
from canslim_ratings.industry_groups import rank_groups
from canslim_ratings.price_windows import anchors
from canslim_ratings.rs_variants import CALENDAR_63


def raw_before(facts: Facts, back: int) -> FloatArray:
    """The weighted return that today's rated stocks had `back` sessions ago; NaN for others, or where none was.

    A stock with a jump that no split explains in the part of that year's window that lies before today's has none.
    """
    then = facts.history[: len(facts.history) - back]
    starts, _ = anchors(then, CALENDAR_63.look_backs)
    raw: FloatArray = ((then[-1] / starts - 1.0) * np.array(CALENDAR_63.weights)[:, None]).sum(axis=0)
    rated = facts.strengths["rs_rating"].notna().to_numpy()
    older = facts.unexplained_jumps[-SESSIONS - back + 1 : -SESSIONS + 1]
    return np.where(rated & ~in_any_row(older), raw, np.nan)


def group_rs_change(back: int) -> Rating:
    """Makes the rating of the change over `back` sessions."""
    name = f"group_rs_change_{back}"

    def compute(facts: Facts, before: Ratings) -> Rated:
        now = before["group_rs"]
        then, unknown = np.full(len(now.value), np.nan), "short_panel"
        if len(facts.history) >= SESSIONS + back:
            then, unknown = rank_groups(facts.groups, raw_before(facts, back)).rating, "group_unrated_then"
        why = first_reason(len(now.value), [(~missing(now.value), unknown)])
        why[missing(now.value)] = now.reason[missing(now.value)]
        return Rated.because(now.value - then, why, {"group_rs": now.value, "group_rs_then": then})

    return Rating(
        name=name,
        title=f"Group RS, change over {back} sessions",
        version="group-rs-change.2",
        unit="rating points",
        definition=f"How many points the group's rating rose (or fell, below 0) in {back} sessions.",
        formula=(
            f"group_rs less the rating that the same members had {back} sessions before, by the same formula: those "
            "with an RS Rating today, and a raw then."
        ),
        source="IBD and skyte/relative-strength print a group's rank of weeks and months ago; the windows are ours.",
        worked="{group_rs:g} - {group_rs_then:g} = {value:g}",
        missing={
            **group_rs.MISSING,
            "short_panel": f"the panel has under {SESSIONS + back} sessions",
            "group_unrated_then": "under two members had a raw then, or no other group did",
        },
        reads=(*group_rs.RATING.reads, "splits"),
        low=-98.0,
        high=98.0,
        builds_on=("group_rs",),
        compute=compute,
    )


#: A week, a month, a quarter, half a year.
RATINGS: Final = tuple(group_rs_change(back) for back in (5, 21, 63, 126))
