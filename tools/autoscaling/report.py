"""The report: what each rule makes of each trace, as tables for a reader."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from canslim_core.stages import COLLECT
from tools.autoscaling import chart
from tools.autoscaling.outcome import Outcome, PoolOutcome, quantile
from tools.autoscaling.pools import Fallback, Pool
from tools.autoscaling.rules import BY_LIST, MOST, RULES, Rule, changed, scaled_object, variant
from tools.autoscaling.simulation import simulate
from tools.autoscaling.trace import Outage
from tools.autoscaling.traces import BEGIN, TRACES, yahoo

HOUR: Final = 3600.0


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


@cache
def outcome(rule: Rule, name: str) -> Outcome:
    return simulate(rule.cluster(), TRACES[name])


def comparison(name: str) -> str:
    """Every rule on one trace; a table a pool that had something to do."""
    quickest = outcome(MOST, name)
    queues = [queue for queue, of_queue in quickest.queues.items() if of_queue.waits]
    return "\n".join(_comparison(name, queue, quickest) for queue in queues)


def _comparison(name: str, queue: str, quickest: Outcome) -> str:
    head = (
        f"{queue}, objective {chart.objective(queue):.0f} s",
        *("wait p50", "p95", "max", "jobs p95", "× quickest", "pods", "pod-hours", "× work", "changes", "turns"),
        *("handed back", "killed"),
    )
    return table(head, [[rule.name, *_figures(outcome(rule, name), queue, quickest)] for rule in RULES])


def _figures(of: Outcome, queue: str, quickest: Outcome) -> list[str]:
    pool, tasks = _pool(of, queue), of.queues[queue]
    jobs, least = (quantile(list(one.finished.values()), 0.95) for one in (of, quickest))
    return [
        *(_seconds(tasks.wait(0.5)), _against(tasks.wait(0.95), queue), _seconds(tasks.wait(1))),
        *(_seconds(jobs), f"{jobs / least:.1f}", str(pool.most)),
        f"{pool.pod_seconds / HOUR:.1f}",
        f"{pool.pod_seconds * pool.pool.threads / tasks.work:.1f}",
        *map(str, (len(pool.scalings), pool.flips, pool.losses.handed_back, pool.losses.killed)),
    ]


def _pool(of: Outcome, queue: str) -> PoolOutcome:
    return next(pool for pool in of.pools.values() if pool.pool.queue == queue)


def _seconds(value: float) -> str:
    return f"{value:,.0f}"


def _against(wait: float, queue: str) -> str:
    """Bold where the objective is missed."""
    return _seconds(wait) if wait <= chart.objective(queue) else f"**{_seconds(wait)}**"


def settings() -> str:
    """The pools as rendered."""
    head = ("pool", "threads", "pods", "work seconds a pod may have", "drain s", "grace s", "pool with yahoo")
    capped = {pool.name: pool for pool in chart.cluster("keda", "yahoo").pools}
    return table(head, [_settings(pool, capped[pool.name]) for pool in chart.cluster("keda").pools])


def _settings(pool: Pool, capped: Pool) -> list[str]:
    scaled = scaled_object(pool)
    work = scaled.hpa.targets[0].value
    share = work / (pool.threads * chart.objective(pool.queue))
    return [
        *(pool.name, str(pool.threads), f"{scaled.hpa.minimum}–{scaled.hpa.maximum}"),
        f"{work:.0f} = {share:g} × threads × objective",
        *(f"{pool.drain_seconds:.0f}", f"{pool.grace_seconds:.0f}"),
        f"{capped.threads} thread, at most {capped.maximum} pods",
    ]


def variants() -> str:
    """What the share and the condition of the second trigger are worth."""
    head = (
        *("a pod may have, of threads × objective", "busy threads count"),
        *("burst p95", "pod-hours", "night p95", "slow p95", "heavy p95"),
        *("day, scoring p95", "pod-hours", "changes", "turns"),
    )
    counted = {0.0: "when something waits", 0.5: "when a task waited half the objective", None: "never"}
    return table(
        head,
        [[f"{share:g}", text, *_variant(variant(share, age))] for share in (1, 0.5) for age, text in counted.items()],
    )


def _variant(change: Callable[[Pool], Pool]) -> list[str]:
    found = {
        name: outcome(Rule("variant", "keda", change), name) for name in ("burst", "night", "slow", "heavy", "day")
    }
    waits = {name: _against(of.queues["collector"].wait(0.95), "collector") for name, of in found.items()}
    day = found["day"].pools["scoring"]
    return [
        *(waits["burst"], f"{found['burst'].pools['collector'].pod_seconds / HOUR:.1f}"),
        *(waits["night"], waits["slow"], waits["heavy"]),
        _against(found["day"].queues["scoring"].wait(0.95), "scoring"),
        *(f"{day.pod_seconds / HOUR:.1f}", str(len(day.scalings)), str(day.flips)),
    ]


def fallbacks() -> str:
    """A burst of 600 of which no source can tell for ten minutes, under each fallback."""
    head = ("fallback", "pods when it begins", "fewest until it ends", "wait p95", "jobs p95")
    chosen: dict[str, Callable[[Fallback | None], Fallback | None]] = {
        "as rendered": lambda fallback: fallback,
        "static, the minimum": lambda fallback: fallback and replace(fallback, behavior="static"),
        "none": lambda fallback: None,
    }
    return table(head, [[name, *_blind(change)] for name, change in chosen.items()])


def _blind(change: Callable[[Fallback | None], Fallback | None]) -> list[str]:
    def changed_pool(pool: Pool) -> Pool:
        scaled = scaled_object(pool)
        return replace(pool, scaling=replace(scaled, fallback=change(scaled.fallback)))

    trace = TRACES["blind"]
    of = simulate(changed(chart.cluster("keda"), changed_pool), trace)
    outage = trace.outages[0]
    seen = of.pools["collector"].replicas(outage.begins + 15, outage.ends)
    return [
        *(str(seen[0]), str(min(seen)), _seconds(of.queues["collector"].wait(0.95))),
        _seconds(quantile(list(of.finished.values()), 0.95)),
    ]


def prometheus_away() -> str:
    """What it costs if Prometheus does not answer for the whole hour of a burst."""
    burst = TRACES["burst"]
    away = replace(burst, outages=(Outage("prometheus", 0, burst.seconds),))
    found = {
        name: simulate(chart.cluster("keda"), trace) for name, trace in {"answers": burst, "is away": away}.items()
    }
    head = ("Prometheus", "wait p95", "pods after the hour", "pod-hours")
    return table(
        head,
        [
            [
                *(name, _seconds(of.queues["collector"].wait(0.95)), str(of.pools["collector"].moments[-1].replicas)),
                f"{of.pools['collector'].pod_seconds / HOUR:.1f}",
            ]
            for name, of in found.items()
        ],
    )


def drains() -> str:
    """Tasks of two to ten minutes whose pods are taken away, and how long these may finish them."""
    head = ("drain s", "grace s", "handed back", "killed", "all done after s", "× work done")
    limits = ((25, 40), (180, 195), (600, 615), (180, 30))
    return table(head, [[f"{drain}", f"{grace}", *_drained(drain, grace)] for drain, grace in limits])


def _drained(drain: float, grace: float) -> list[str]:
    limited = changed(BY_LIST.cluster(), lambda pool: replace(pool, drain_seconds=drain, grace_seconds=grace))
    of = simulate(limited, TRACES["long"])
    losses, tasks = of.pools["collector"].losses, of.queues["collector"]
    busy = sum(moment.running for moment in of.pools["collector"].moments) * 15
    return [
        *(str(losses.handed_back), str(losses.killed), _seconds(tasks.last_end - BEGIN), f"{busy / tasks.work:.2f}"),
    ]


def capped() -> str:
    """A first refresh of 1,980 symbols from Yahoo under the budget's cap, and without it."""
    head = ("pods at most", "all done after s", "longest task s", f"tasks over the {COLLECT.deadline}")
    rendered = chart.cluster("keda", "yahoo")
    rows = []
    for most in (None, 8):
        of = simulate(rendered if most is None else changed(rendered, lambda pool: _up_to(pool, 8)), yahoo())
        tasks = of.queues["collector"]
        late = sum(ran > COLLECT.deadline.total_seconds() for ran in tasks.ran)
        rows.append(
            [
                f"{of.pools['collector'].most}" + (", as rendered" if most is None else ""),
                *(_seconds(tasks.last_end - BEGIN), _seconds(max(tasks.ran)), str(late)),
            ]
        )
    return table(head, rows)


def _up_to(pool: Pool, most: int) -> Pool:
    scaled = scaled_object(pool)
    return replace(pool, scaling=replace(scaled, hpa=replace(scaled.hpa, maximum=most)))
