import pytest

from tests.autoscaling.builders import scaled_object, trigger
from tools.autoscaling.hpa import Replicas
from tools.autoscaling.keda import Keda
from tools.autoscaling.pools import Fallback, Trigger
from tools.autoscaling.sources import Unavailable

FIVE = Replicas(5, 5, 5)


class Source:
    """Says a number, or nothing while it is away."""

    def __init__(self, value: float | None = 700) -> None:
        self.value = value
        self.asked = 0

    def __call__(self, trigger: Trigger, now: float) -> float:
        self.asked += 1
        if self.value is None:
            raise Unavailable("away")
        return self.value


def values(keda: Keda, looks: int, replicas: Replicas = FIVE) -> list[float | None]:
    return [keda.values(look * 15, replicas)[0] for look in range(looks)]


def test_every_question_goes_to_the_source() -> None:
    source = Source()
    assert values(Keda(scaled_object(trigger()), source), 3) == [700] * 3
    assert source.asked == 3


def test_a_cached_trigger_answers_from_the_last_poll() -> None:
    source = Source()
    keda = Keda(scaled_object(trigger(cached=True)), source)
    keda.poll(0)
    source.value = 900
    assert values(keda, 2) == [700, 700]
    keda.poll(30)
    assert values(keda, 1) == [900]


def test_without_a_fallback_an_error_stays_an_error() -> None:
    assert values(Keda(scaled_object(trigger()), Source(None)), 9) == [None] * 9


def test_it_falls_back_after_more_failures_than_the_threshold() -> None:
    keda = Keda(scaled_object(trigger(), fallback=Fallback(3, 2)), Source(None))
    assert values(keda, 5) == [None, None, None, 200, 200]


def test_one_answer_begins_the_count_anew() -> None:
    source = Source(None)
    keda = Keda(scaled_object(trigger(), fallback=Fallback(3, 2)), source)
    values(keda, 3)
    source.value = 700
    values(keda, 1)
    source.value = None
    assert values(keda, 4) == [None, None, None, 200]


@pytest.mark.parametrize(
    ("behavior", "fallback", "replicas"),
    [
        *[("static", 2, 2), ("static", 8, 8)],
        *[("currentReplicas", 2, 5), ("currentReplicas", 8, 5)],
        *[("currentReplicasIfHigher", 2, 5), ("currentReplicasIfHigher", 8, 8)],
        *[("currentReplicasIfLower", 2, 2), ("currentReplicasIfLower", 8, 5)],
    ],
)
def test_the_behavior_says_how_many_replicas(behavior: str, fallback: int, replicas: int) -> None:
    keda = Keda(scaled_object(trigger(100), fallback=Fallback(0, fallback, behavior)), Source(None))
    assert values(keda, 1) == [100 * replicas]


def test_for_a_value_the_autoscalers_ratio_is_undone() -> None:
    # target × replicas ÷ ready: with three ready of five, ceil(ratio × 3) is five again.
    keda = Keda(scaled_object(trigger(0.8, "Value"), fallback=Fallback(0, 1, "currentReplicasIfHigher")), Source(None))
    assert values(keda, 1, Replicas(5, 5, 3)) == [pytest.approx(0.8 * 5 / 3)]


def test_each_trigger_counts_its_own_failures() -> None:
    first, second = trigger(100), trigger(200)

    def ask(trigger: Trigger, now: float) -> float:
        if trigger is second:
            raise Unavailable("away")
        return 300

    keda = Keda(scaled_object(first, second, fallback=Fallback(0, 3)), ask)
    assert keda.values(0, FIVE) == [300, 600]


def test_a_fraction_of_the_target_is_lost_in_a_fallback() -> None:
    # KEDA multiplies the whole number; a target below one would fall back to nothing.
    keda = Keda(scaled_object(trigger(0.8), fallback=Fallback(0, 3)), Source(None))
    assert values(keda, 1) == [0]
