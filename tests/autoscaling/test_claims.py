"""What the chart's autoscaling promises, replayed against the objects as they are rendered."""

from dataclasses import replace

import pytest

from tools.autoscaling import chart
from tools.autoscaling.pools import Pool
from tools.autoscaling.report import outcome
from tools.autoscaling.rules import BY_LIST, HPA, KEDA, MOST, Rule, changed, scaled_object
from tools.autoscaling.simulation import simulate
from tools.autoscaling.traces import KNOWN, TRACES, burst, yahoo

# One process runs them all, for they share what was replayed.
pytestmark = pytest.mark.xdist_group("autoscaling")

modes = pytest.mark.parametrize("rule", [KEDA, HPA], ids=lambda rule: rule.mode)
traces = pytest.mark.parametrize("name", TRACES)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        *((KEDA, name) for name in ("burst", "night", "day", "quick", "heavy", "long", "slow")),
        *((HPA, name) for name in ("burst", "night", "day", "quick", "long", "slow")),
    ],
    ids=lambda one: getattr(one, "mode", one),
)
def test_of_twenty_tasks_nineteen_start_within_the_objective(rule: Rule, name: str) -> None:
    for queue, tasks in outcome(rule, name).queues.items():
        assert tasks.wait(0.95) <= chart.objective(queue)


@pytest.mark.parametrize("seed", range(2, 8))
def test_so_they_do_in_other_bursts(seed: int) -> None:
    tasks = simulate(chart.cluster("keda"), burst(seed=seed), seed).queues["collector"]
    assert tasks.wait(0.95) <= chart.objective("collector")


@modes
@traces
def test_every_job_is_done_and_no_task_killed(rule: Rule, name: str) -> None:
    found = outcome(rule, name)
    assert len(found.finished) == len(TRACES[name].jobs)
    assert {pool: one.losses.killed for pool, one in found.pools.items()} == {"collector": 0, "scoring": 0}


@modes
@traces
def test_only_what_outlasts_the_drain_is_handed_back(rule: Rule, name: str) -> None:
    found = outcome(rule, name)
    for pool in rule.cluster().pools:
        longest = max((ran for ran in found.queues[pool.queue].ran), default=0)
        if longest < pool.drain_seconds:
            assert found.pools[pool.name].losses.handed_back == 0


@modes
@traces
def test_there_are_never_more_pods_than_the_maximum_nor_fewer_than_the_minimum(rule: Rule, name: str) -> None:
    for one in outcome(rule, name).pools.values():
        seen = {replicas for scaling in one.scalings for replicas in scaling[1:]}
        hpa = one.pool.scaling.hpa
        assert all(hpa.minimum <= replicas <= hpa.maximum for replicas in seen)


@modes
@traces
def test_a_pod_that_was_started_stays_for_the_window_and_goes_alone(rule: Rule, name: str) -> None:
    for one in outcome(rule, name).pools.values():
        assert one.shortest_rest >= one.pool.scaling.hpa.down.window
        assert all(after >= before - 1 for _, before, after in one.scalings)


@pytest.mark.parametrize("name", [name for name in TRACES if name != "day"])
@modes
def test_a_crowd_turns_the_direction_once(rule: Rule, name: str) -> None:
    assert all(one.flips <= 1 for one in outcome(rule, name).pools.values())


@pytest.mark.parametrize("rule", [KEDA, HPA], ids=lambda rule: rule.mode)
def test_a_noisy_day_turns_it_less_than_eight_times_an_hour(rule: Rule) -> None:
    # The window alone would allow 24 turns an hour.
    assert all(one.flips < 8 * 12 for one in outcome(rule, "day").pools.values())


def test_yahoos_budget_caps_the_collectors() -> None:
    cluster = chart.cluster("keda", "yahoo")
    found = simulate(cluster, yahoo())
    # Four requests may be in flight, and a collector of Yahoo's has one thread.
    assert found.pools["collector"].most == cluster.pools[0].maximum == 4
    assert max(found.queues["collector"].ran) < 900


def test_without_the_cap_tasks_would_miss_their_deadline() -> None:
    def uncapped(pool: Pool) -> Pool:
        scaled = scaled_object(pool)
        return replace(pool, scaling=replace(scaled, hpa=replace(scaled.hpa, maximum=8)))

    found = simulate(changed(chart.cluster("keda", "yahoo"), uncapped), yahoo())
    assert found.pools["collector"].most == 8
    assert max(found.queues["collector"].ran) > 900


@modes
def test_while_nobody_can_tell_nobody_goes(rule: Rule) -> None:
    trace = TRACES["blind"]
    for one in outcome(rule, "blind").pools.values():
        seen = one.replicas(trace.outages[0].begins, trace.outages[0].ends)
        assert seen == sorted(seen)


def test_a_static_fallback_would_send_them_home_in_the_middle_of_it() -> None:
    def static(pool: Pool) -> Pool:
        scaled = scaled_object(pool)
        fallback = scaled.fallback and replace(scaled.fallback, behavior="static")
        return replace(pool, scaling=replace(scaled, fallback=fallback))

    trace = TRACES["blind"]
    seen = (
        simulate(changed(KEDA.cluster(), static), trace)
        .pools["collector"]
        .replicas(trace.outages[0].begins, trace.outages[0].ends)
    )
    assert min(seen) < seen[0]


def test_a_grace_period_as_kubernetes_has_it_would_kill_tasks() -> None:
    killing = changed(BY_LIST.cluster(), lambda pool: replace(pool, grace_seconds=30))
    assert simulate(killing, TRACES["long"]).pools["collector"].losses.killed > 0


def test_the_length_of_the_list_takes_pods_from_running_tasks() -> None:
    ours, theirs = (outcome(rule, "long") for rule in (KEDA, BY_LIST))
    assert ours.pools["collector"].losses.handed_back == 0
    assert theirs.pools["collector"].losses.handed_back >= 5
    assert max(theirs.finished.values()) > 1.5 * max(ours.finished.values())


def test_the_length_of_the_list_starts_pods_for_nothing() -> None:
    ours, theirs = (outcome(rule, "quick").pools["collector"].most for rule in (HPA, BY_LIST))
    assert ours == 1 < 4 < theirs


def test_a_burst_is_done_in_thrice_the_time_of_the_largest_pool_at_half_its_cost() -> None:
    ours, most = (outcome(rule, "burst") for rule in (KEDA, MOST))
    assert max(ours.finished.values()) < 3 * max(most.finished.values())
    assert ours.pools["collector"].pod_seconds < most.pools["collector"].pod_seconds / 2


def test_with_known_means_a_burst_starts_no_slower() -> None:
    known = replace(TRACES["burst"], known_means=KNOWN)
    first, again = (simulate(chart.cluster("hpa"), trace).queues["collector"] for trace in (TRACES["burst"], known))
    assert again.wait(0.95) <= first.wait(0.95)
