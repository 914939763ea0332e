import pytest

from tests.autoscaling.builders import cluster, pool, scaled_object, tasks, trace, trigger
from tools.autoscaling.adapter import Adapter
from tools.autoscaling.hpa import Hpa, Target
from tools.autoscaling.outcome import quantile
from tools.autoscaling.pools import ExternalHpa, Fallback, Fixed, Trigger
from tools.autoscaling.simulation import simulate
from tools.autoscaling.trace import Job, Outage, Step


def prometheus(query: str, target: float, kind: str = "AverageValue") -> Trigger:
    return Trigger("prometheus", query, Target(kind, target))


def test_a_fixed_pool_works_through_its_tasks_in_order() -> None:
    outcome = simulate(cluster(pool(Fixed(1))), trace(tasks(10, 20, 30)))
    assert outcome.queues["collector"].waits == [0, 10, 30]
    assert outcome.finished == {0: 60}
    assert (outcome.pools["collector"].pod_seconds, outcome.pools["collector"].most) == (3600, 1)


def test_threads_work_side_by_side() -> None:
    outcome = simulate(cluster(pool(Fixed(2), threads=2)), trace(tasks(10, 10, 10, 10, 10)))
    assert outcome.queues["collector"].waits == [0, 0, 0, 0, 10]


def test_a_step_begins_when_the_last_task_of_the_one_before_has_finished() -> None:
    job = Job(60, (Step("collector", "collect", (10, 30)), Step("scoring", "rs", (5,)), Step("scoring", "score", (7,))))
    scoring = pool(Fixed(1), name="scoring", queue="scoring")
    outcome = simulate(cluster(pool(Fixed(2)), scoring), trace(job))
    assert outcome.queues["scoring"].last_end == 60 + 30 + 5 + 7
    assert outcome.finished == {0: 42}


def test_pools_of_one_queue_share_its_tasks() -> None:
    two = (pool(Fixed(1), name=name) for name in ("a", "b"))
    assert simulate(cluster(*two), trace(tasks(10, 10))).queues["collector"].waits == [0, 0]


def test_keda_scales_on_the_view_by_the_triggers_own_sql() -> None:
    # 40 tasks × 5 s, for none has finished: two pods' worth of 100 s each.
    outcome = simulate(cluster(pool(scaled_object(trigger(100)))), trace(tasks(*[100.0] * 40), seconds=80))
    assert [after for _, _, after in outcome.pools["collector"].scalings] == [2]


def test_keda_scales_on_prometheus_by_the_triggers_own_query() -> None:
    query = 'sum(max by (stage) (canslim_tasks{namespace="canslim",queue="collector",state="ready"}))'
    outcome = simulate(cluster(pool(scaled_object(prometheus(query, 13)))), trace(tasks(*[100.0] * 40), seconds=100))
    assert outcome.pools["collector"].most == 3


def test_keda_scales_on_the_list_without_what_runs_and_on_the_hash_with_it() -> None:
    def most(key: str) -> int:
        by_length = Trigger("redis", key, Target("AverageValue", 1))
        return (
            simulate(cluster(pool(scaled_object(by_length), threads=4)), trace(tasks(*[500.0] * 5)))
            .pools["collector"]
            .most
        )

    assert (most("dramatiq:collector"), most("dramatiq:collector.msgs")) == (1, 5)


@pytest.mark.parametrize(("combined", "most"), [("max", 3), ("sum", 6)])
def test_an_hpa_gets_its_metric_through_the_adapters_query(combined: str, most: int) -> None:
    # Two API pods export the same number, so a rule that adds them up would ask for twice the pods.
    metric = "canslim_queue_work_seconds"
    adapter = Adapter({metric: f"{combined} by (queue) (<<.Series>>{{<<.LabelMatchers>>}})"})
    scaling = ExternalHpa(Hpa(1, 9, (Target("AverageValue", 100),)), ((metric, {"queue": "collector"}),))
    found = simulate(cluster(pool(scaling), adapter=adapter), trace(tasks(*[100.0] * 60), seconds=120))
    assert found.pools["collector"].most == most


def test_pods_take_their_time_to_start() -> None:
    slow = trace(tasks(*[100.0] * 40), start_seconds=(500, 500))
    outcome = simulate(cluster(pool(scaled_object(trigger(10)))), slow)
    first_scaling = outcome.pools["collector"].scalings[0][0]
    waits = outcome.queues["collector"].waits
    assert waits[:5] == [0, 100, 200, 300, 400]
    assert waits[6] == pytest.approx(first_scaling + 500 - 60)


def test_while_a_source_is_away_nothing_is_scaled_on_it() -> None:
    away = trace(tasks(*[100.0] * 40), seconds=900, outages=(Outage("postgresql", 0, 600),))
    scalings = simulate(cluster(pool(scaled_object(trigger(100)))), away).pools["collector"].scalings
    assert 600 <= scalings[0][0] < 615


def test_what_the_api_cannot_read_it_does_not_export() -> None:
    query = 'sum(canslim_tasks{queue="collector",state="ready"})'
    away = trace(tasks(*[100.0] * 40), seconds=900, outages=(Outage("postgresql", 0, 600),))
    scalings = simulate(cluster(pool(scaled_object(prometheus(query, 10)))), away).pools["collector"].scalings
    assert scalings[0][0] >= 600


def test_a_fallback_holds_what_there_is() -> None:
    held = scaled_object(trigger(100), fallback=Fallback(3, 4, "currentReplicasIfHigher"))
    away = trace(tasks(*[100.0] * 4), seconds=900, outages=(Outage("postgresql", 0, 900),))
    # The fifth of the failures is the second one beyond the threshold; the fallback's replicas are more than there are.
    assert simulate(cluster(pool(held)), away).pools["collector"].scalings[0][1:] == (1, 4)


def test_a_stage_that_has_run_before_is_known() -> None:
    known = trace(tasks(*[1.0] * 40), seconds=80, known_means={"collect": 1.0})
    assert simulate(cluster(pool(scaled_object(trigger(100)))), known).pools["collector"].scalings == []


def test_the_same_seed_gives_the_same_outcome_and_another_one_another() -> None:
    def waits(seed: int) -> list[float]:
        burst = trace(tasks(*[30.0] * 60))
        return simulate(cluster(pool(scaled_object(trigger(100)))), burst, seed).queues["collector"].waits

    assert waits(1) == waits(1) != waits(2)


@pytest.mark.parametrize(("share", "value"), [(0.5, 5), (0.95, 10), (0.9, 9), (0.91, 10), (1, 10), (0, 1)])
def test_a_quantile_is_the_nearest_rank(share: float, value: float) -> None:
    assert quantile(range(10, 0, -1), share) == value


def test_of_nothing_the_quantile_is_zero() -> None:
    assert quantile([], 0.95) == 0
