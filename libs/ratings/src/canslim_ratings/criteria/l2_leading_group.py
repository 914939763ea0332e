"""L2: the rank of the stock's industry group."""

from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.arrays import first_reason, interpolate, missing, verdict
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.criteria.growth import any_of
from canslim_ratings.facts import Facts

MINIMUM_MEMBERS: Final = 2
PASS_PCT: Final = 40.0
STEPS_PCT: Final = (20.0, 60.0)
POINTS: Final = (5.0, 0.0)


def judge(facts: Facts) -> Verdicts:
    """Scores the group's place among all groups in percent from the top: 5 points up to 20, 0 from 60.

    A group's strength is the mean RS Rating of its rated members; of n groups with two rated members or more,
    the r-th best stands at 100 r / n (ties share the average).
    Not available: `group_unknown`, `small_group` (under two rated members), `one_group` (nothing to compare with).
    """
    rating = facts.rs["rs_rating"].reindex(facts.symbols).to_numpy(dtype=np.float64)
    given = facts.group if facts.group is not None else pd.Series(dtype=object)
    group = pd.Series(given.reindex(facts.symbols).to_numpy(dtype=object), dtype=object)
    group = group.where(group.notna(), None)
    unknown = group.isna().to_numpy()
    members = pd.Series(rating).groupby(group).agg(["mean", "count"])
    ranked = members[members["count"] >= MINIMUM_MEMBERS]
    place = ranked["mean"].rank(ascending=False) / max(len(ranked), 1) * 100.0

    size = np.asarray(group.map(members["count"]), dtype=np.float64)
    cases = [
        (unknown, "group_unknown"),
        (~(size >= MINIMUM_MEMBERS), "small_group"),
        (np.full(len(group), len(ranked) < MINIMUM_MEMBERS), "one_group"),
    ]
    placed = np.asarray(group.map(place), dtype=np.float64)
    value = np.where(any_of(cases) | missing(placed), np.nan, placed)
    return verdicts(
        interpolate(value, STEPS_PCT, POINTS),
        most=POINTS[0],
        passed=verdict(value, value <= PASS_PCT),
        value=value,
        reason=first_reason(len(value), cases),
        inputs={
            "group": group.to_numpy(dtype=object),
            "group_rs": np.asarray(group.map(members["mean"]), dtype=np.float64),
            "rated_members": size,
            "groups": np.full(len(value), float(len(ranked))),
        },
    )


CRITERION: Final = Criterion(
    id="L2",
    letter="L",
    title="Leading group",
    points=POINTS[0],
    unit="% from the top",
    threshold="industry group among the strongest 40 %",
    version="l2.1",
    judge=judge,
)
