"""Cases computed by hand, from Kubernetes' documentation of the HorizontalPodAutoscaler and its KEP 853."""

import pytest

from tools.autoscaling.hpa import DEFAULT_DOWN, DEFAULT_UP, Controller, Hpa, Policy, Replicas, Rules, Target

AT_ONCE = Rules(0, (Policy("Percent", 100_000, 15),))


def hpa(*targets: Target, least: int = 1, most: int = 100, up: Rules = AT_ONCE, down: Rules = AT_ONCE) -> Hpa:
    return Hpa(least, most, targets or (Target("AverageValue", 100),), up, down)


def pods(number: int, ready: int | None = None) -> Replicas:
    return Replicas(number, number, number if ready is None else ready)


def decide(autoscaler: Hpa, replicas: Replicas, *values: float | None) -> int:
    return Controller(autoscaler).decide(0, replicas, values)


def path(autoscaler: Hpa, first: int, value: float, *, every: float, steps: int) -> list[int]:
    """The replicas after each look, while the metric stays the same."""
    controller, found = Controller(autoscaler), [first]
    for step in range(steps):
        found.append(controller.decide(step * every, pods(found[-1]), [value]))
    return found


class TestTheRatio:
    @pytest.mark.parametrize(("usage", "replicas"), [(0.2, 8), (0.1, 4), (0.05, 2)])
    def test_twice_the_value_doubles_and_half_of_it_halves(self, usage: float, replicas: int) -> None:
        assert decide(hpa(Target("Value", 0.1)), pods(4), usage) == replicas

    @pytest.mark.parametrize(("work", "replicas"), [(100, 1), (401, 5), (1000, 10)])
    def test_an_average_is_divided_by_what_one_pod_may_have(self, work: float, replicas: int) -> None:
        assert decide(hpa(), pods(3), work) == replicas

    @pytest.mark.parametrize(("work", "replicas"), [(1100, 10), (1101, 12), (900, 10), (899, 9)])
    def test_a_tenth_more_or_less_changes_nothing(self, work: float, replicas: int) -> None:
        assert decide(hpa(), pods(10), work) == replicas

    def test_a_value_multiplies_the_pods_that_are_ready(self) -> None:
        # Six more are starting; while they do, the ratio of the four must not multiply all ten.
        assert decide(hpa(Target("Value", 0.8)), pods(10, ready=4), 1.0) == 5

    def test_an_average_does_not_ask_which_pods_are_ready(self) -> None:
        assert decide(hpa(), pods(10, ready=4), 1500) == 15

    def test_less_than_a_thousandth_is_cut_off(self) -> None:
        assert decide(hpa(Target("AverageValue", 1)), pods(1), 2.0004) == 2


class TestSeveralMetrics:
    TWO = hpa(Target("AverageValue", 100), Target("AverageValue", 10))

    def test_the_highest_proposal_wins(self) -> None:
        assert decide(self.TWO, pods(2), 300, 70) == 7

    def test_one_that_is_missing_does_not_keep_the_other_from_scaling_out(self) -> None:
        assert decide(self.TWO, pods(2), 300, None) == 3

    def test_one_that_is_missing_keeps_the_other_from_scaling_in(self) -> None:
        assert decide(self.TWO, pods(5), 300, None) == 5

    def test_without_any_nothing_changes(self) -> None:
        assert decide(self.TWO, pods(5), None, None) == 5


class TestLimits:
    @pytest.mark.parametrize(("work", "replicas"), [(0, 2), (5000, 8)])
    def test_what_is_asked_for_stays_inside(self, work: float, replicas: int) -> None:
        assert decide(hpa(least=2, most=8), pods(4), work) == replicas

    @pytest.mark.parametrize(("now", "then"), [(1, 2), (20, 8)])
    def test_from_outside_it_comes_back_without_asking_a_metric(self, now: int, then: int) -> None:
        assert decide(hpa(least=2, most=8), pods(now), None) == then

    def test_zero_replicas_switch_it_off(self) -> None:
        assert decide(hpa(), pods(0), 500) == 0


class TestScalingOut:
    def test_by_default_doubles_or_adds_four_in_fifteen_seconds(self) -> None:
        assert path(hpa(up=DEFAULT_UP), 1, 10_000, every=15, steps=5) == [1, 5, 10, 20, 40, 80]

    def test_nine_times_as_many_more_in_a_minute(self) -> None:
        # KEP 853, story 1: 1 → 10 → 100 → 1000.
        up = Rules(0, (Policy("Percent", 900, 60),))
        assert path(hpa(up=up, most=1000), 1, 10**6, every=60, steps=3) == [1, 10, 100, 1000]

    def test_one_pod_in_ten_minutes(self) -> None:
        # KEP 853, story 4: 1 → 2 → 3, and nothing in between.
        up = Rules(0, (Policy("Pods", 1, 600),))
        assert path(hpa(up=up), 1, 10_000, every=300, steps=5) == [1, 2, 2, 3, 3, 4]

    def test_the_period_counts_from_where_it_began(self) -> None:
        # The chart's: doubling or four pods in 30 s, looked at every 15 s.
        up = Rules(0, (Policy("Percent", 100, 30), Policy("Pods", 4, 30)))
        assert path(hpa(up=up), 1, 10_000, every=15, steps=6) == [1, 5, 5, 10, 10, 20, 20]

    def test_a_percentage_is_rounded_up(self) -> None:
        assert path(hpa(up=Rules(0, (Policy("Percent", 10, 60),))), 1, 10_000, every=60, steps=2) == [1, 2, 3]

    def test_the_lowest_policy_where_that_is_selected(self) -> None:
        up = Rules(0, (Policy("Percent", 100, 30), Policy("Pods", 4, 30)), select="Min")
        assert path(hpa(up=up), 1, 10_000, every=30, steps=3) == [1, 2, 4, 8]

    def test_not_at_all_where_it_is_disabled(self) -> None:
        assert path(hpa(up=Rules(0, (), select="Disabled")), 3, 10_000, every=15, steps=1) == [3, 3]

    def test_waits_for_the_lowest_recommendation_of_its_window(self) -> None:
        controller = Controller(hpa(up=Rules(60, AT_ONCE.policies)))
        found = [controller.decide(at, pods(2), [800]) for at in (0, 15, 30, 45, 61)]
        assert found == [2, 2, 2, 2, 8]


class TestScalingIn:
    def test_a_tenth_of_the_pods_then_four_as_documented(self) -> None:
        # "80 replicas … the first step 10 % … 8 pods … 72 … then 7.2, rounded up to 8 … below 40, 4 at a time."
        down = Rules(0, (Policy("Pods", 4, 60), Policy("Percent", 10, 60)))
        assert path(hpa(down=down), 80, 1000, every=60, steps=15) == [
            *(80, 72, 64, 57, 51, 45, 40, 36, 32, 28, 24, 20, 16, 12, 10, 10),
        ]

    def test_the_smaller_policy_where_that_is_selected(self) -> None:
        down = Rules(0, (Policy("Pods", 4, 60), Policy("Percent", 10, 60)), select="Min")
        assert path(hpa(down=down), 80, 1000, every=60, steps=2) == [80, 76, 72]

    def test_five_pods_at_most_then_not_for_ten_minutes(self) -> None:
        down = Rules(0, (Policy("Pods", 5, 600),))
        assert path(hpa(down=down), 20, 100, every=300, steps=4) == [20, 15, 15, 10, 10]

    def test_not_at_all_where_it_is_disabled(self) -> None:
        assert path(hpa(down=Rules(0, (), select="Disabled")), 9, 100, every=15, steps=1) == [9, 9]

    def test_by_default_waits_five_minutes_and_then_goes_at_once(self) -> None:
        controller = Controller(hpa(down=DEFAULT_DOWN))
        controller.decide(0, pods(9), [900])
        found = [controller.decide(at, pods(9), [100]) for at in range(15, 316, 15)]
        # What was recommended at the start holds until it is 300 s old.
        assert found == [9] * 19 + [1] * 2

    def test_the_highest_recommendation_of_the_window_holds(self) -> None:
        controller = Controller(hpa(down=Rules(300, AT_ONCE.policies)))
        for at, work in ((0, 900), (100, 500), (200, 300)):
            assert controller.decide(at, pods(9), [work]) == 9
        assert controller.decide(301, pods(9), [200]) == 5

    def test_one_pod_in_two_minutes_as_in_the_chart(self) -> None:
        down = Rules(0, (Policy("Pods", 1, 120),))
        assert path(hpa(down=down), 8, 100, every=60, steps=6) == [8, 7, 7, 6, 6, 5, 5]
