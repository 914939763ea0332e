"""What holds for every autoscaler, whatever the metrics do."""

import math
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tools.autoscaling.hpa import SYNC, Controller, Hpa, Policy, Replicas, Rules, Target

POLICIES = st.builds(
    Policy, st.sampled_from(["Pods", "Percent"]), st.integers(1, 200), st.sampled_from([15.0, 30.0, 60.0, 120.0, 600.0])
)
RULES = st.builds(
    Rules,
    window=st.sampled_from([0.0, 60.0, 300.0]),
    policies=st.lists(POLICIES, min_size=1, max_size=3).map(tuple),
    select=st.sampled_from(["Max", "Min", "Disabled"]),
)
TARGETS = st.builds(Target, st.sampled_from(["AverageValue", "Value"]), st.floats(0.1, 100))
AUTOSCALERS = st.builds(
    lambda least, more, targets, up, down: Hpa(least, least + more, tuple(targets), up, down),
    st.integers(1, 5),
    st.integers(0, 30),
    st.lists(TARGETS, min_size=1, max_size=2),
    RULES,
    RULES,
)
#: Of each look: what the metrics say, and the share of the pods that are ready.
LOOKS = st.lists(
    st.tuples(st.lists(st.none() | st.floats(0, 5000), min_size=2, max_size=2), st.floats(0, 1)),
    min_size=1,
    max_size=60,
)


def replay(hpa: Hpa, looks: list[tuple[list[float | None], float]]) -> list[int]:
    """The replicas at each look, the first ones before it; they begin inside the limits."""
    controller, found = Controller(hpa), [hpa.minimum]
    for number, (values, share) in enumerate(looks):
        now = Replicas(found[-1], found[-1], int(found[-1] * share))
        found.append(controller.decide(number * SYNC, now, values[: len(hpa.targets)]))
    return found


@settings(deadline=None)
@given(AUTOSCALERS, LOOKS)
def test_it_never_leaves_its_limits(hpa: Hpa, looks: list[tuple[list[float | None], float]]) -> None:
    assert all(hpa.minimum <= replicas <= hpa.maximum for replicas in replay(hpa, looks))


def reach(rules: Rules, starts: list[int], sign: int) -> int:
    """How far the policies let it go from the replicas at the start of each one's period."""
    limits = [
        start + sign * policy.value
        if policy.kind == "Pods"
        else (math.ceil if sign > 0 else math.trunc)(start * (100 + sign * policy.value) / 100)
        for policy, start in zip(rules.policies, starts, strict=True)
    ]
    return max(limits) if (rules.select == "Max") == (sign > 0) else min(limits)


@settings(deadline=None)
@given(AUTOSCALERS, LOOKS)
def test_no_period_sees_more_change_than_its_policies_allow(
    hpa: Hpa, looks: list[tuple[list[float | None], float]]
) -> None:
    found = replay(hpa, looks)
    for number, (before, after) in enumerate(pairwise(found)):
        rules, sign = (hpa.up, 1) if after > before else (hpa.down, -1)
        if after == before:
            continue
        # found[n] held at the end of the period before look n; a change exactly a period ago is outside.
        starts = [found[max(0, number - int(policy.period / SYNC) + 1)] for policy in rules.policies]
        assert rules.select != "Disabled"
        assert after <= reach(rules, starts, sign) if sign > 0 else after >= reach(rules, starts, sign)


@settings(deadline=None)
@given(AUTOSCALERS, LOOKS)
def test_without_a_metric_it_stays_where_it_is(hpa: Hpa, looks: list[tuple[list[float | None], float]]) -> None:
    blind = [([None, None], share) for _, share in looks]
    assert set(replay(hpa, blind)) == {hpa.minimum}


@settings(deadline=None)
@given(AUTOSCALERS, LOOKS, st.integers(0, 59))
def test_it_does_not_scale_in_while_a_metric_is_missing(
    hpa: Hpa, looks: list[tuple[list[float | None], float]], missing: int
) -> None:
    one_less = [
        ([None, values[1]] if number >= missing else values, share) for number, (values, share) in enumerate(looks)
    ]
    found = replay(hpa, one_less)
    assert found[missing + 1 :] == sorted(found[missing + 1 :])
