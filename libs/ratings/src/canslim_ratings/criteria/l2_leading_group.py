"""L2: the rank of the stock's industry group."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import any_of, first_reason, interpolate, verdict
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.facts import Facts

PASS_PCT: Final = 40.0
STEPS_PCT: Final = (20.0, 60.0)
POINTS: Final = (5.0, 0.0)


def judge(facts: Facts) -> Verdicts:
    """Scores the group's place among all groups in percent from the top: 5 points up to 20, 0 from 60.

    Groups are ranked as for Group RS: by the mean raw of the RS Rating over their rated members. Of n groups with two
    rated members or more, the r-th best stands at 100 r / n (ties share the average).
    Not available: `group_unknown`, `small_group` (under two rated members), `one_group` (nothing to compare with).
    """
    groups = facts.group_strength
    from_top = groups.count + 1 - groups.rank
    cases = [
        (facts.groups < 0, "group_unknown"),
        (groups.small, "small_group"),
        (np.full(len(groups.mean), groups.count < 2), "one_group"),
    ]
    value = np.where(any_of(cases), np.nan, from_top / max(groups.count, 1) * 100.0)
    return verdicts(
        interpolate(value, STEPS_PCT, POINTS),
        most=POINTS[0],
        passed=verdict(value, value <= PASS_PCT),
        value=value,
        reason=first_reason(len(value), cases),
        inputs={
            "group": facts.group_names,
            "group_rs": groups.rating,
            "mean_raw": groups.mean,
            "rated_members": groups.members,
            "groups": np.full(len(value), float(groups.count)),
        },
    )


CRITERION: Final = Criterion(
    id="L2",
    letter="L",
    title="Leading group",
    points=POINTS[0],
    unit="% from the top",
    threshold="industry group among the strongest 40 %",
    version="l2.2",
    worked="{group} stands at {value:.0f} % from the top of {groups:.0f} industry groups.",
    remarks={
        "group_unknown": "the industry is unknown",
        "small_group": "under two members of the group are rated",
        "one_group": "no other group to be compared with",
    },
    judge=judge,
)
