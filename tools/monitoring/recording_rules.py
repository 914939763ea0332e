"""Recording rules: what alerts and several panels read, computed once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tools.monitoring.objectives import API_ERROR_BUDGET, LATE_BUDGET, PATIENT, QUEUES, WAIT_OBJECTIVE, WINDOWS
from tools.monitoring.queries import ASKED, FAILED, of_pod, quantile, ready, share, state, total


@dataclass(frozen=True, slots=True)
class Recording:
    """A rule whose name says by which labels it is kept, of which metric, and how."""

    record: str
    expr: str
    labels: dict[str, str] = field(default_factory=dict)


OBJECTIVE: Final = "queue:canslim_task_wait_objective_seconds"
STARTS: Final = "namespace_queue:canslim_task_starts:rate5m"
PROMISED_STARTS: Final = "namespace_queue:canslim_task_starts_promised:rate5m"
WAIT_P95: Final = "namespace_queue:canslim_task_wait_seconds:p95_5m"
READY: Final = "namespace_queue:canslim_tasks_ready:sum"
IN_SERVICE: Final = "namespace_queue:canslim_worker_threads_in_service:sum"
DRAIN: Final = "namespace_queue:canslim_queue_drain_seconds"
BUSY: Final = "namespace_pool:canslim_worker_threads_busy:ratio"
TASK_ERRORS: Final = "namespace_stage:canslim_task_errors:ratio_rate5m"
PACED: Final = "namespace_queue:canslim_provider_paced"
BUDGET_USED: Final = "namespace:canslim_yahoo_budget_used:ratio_rate5m"
POOLS: Final = "namespace_deployment_queue:canslim_pools:info"

#: From this share of the configured pace on, it is the provider that makes tasks wait.
PACED_FROM: Final = 0.5


def late(window: str) -> str:
    """The share of tasks that started later than their queue's objective."""
    return f"namespace_queue:canslim_tasks_late:ratio_rate{window}"


def late_burn(window: str) -> str:
    return f"namespace_queue:canslim_tasks_late_burn:rate{window}"


def api_errors(window: str) -> str:
    return f"namespace:canslim_http_errors:ratio_rate{window}"


def api_burn(window: str) -> str:
    return f"namespace:canslim_http_errors_burn:rate{window}"


def recordings() -> Iterator[Recording]:
    for queue in QUEUES:
        yield from _waits(queue)
    yield from _work()
    yield from _provider()
    yield from _api()


def _waits(queue: str) -> Iterator[Recording]:
    """A worker knows the stage it waited for; the queue is the stage's."""
    labels = {"queue": queue}
    objective = WAIT_OBJECTIVE[queue]
    all_of_it, where = (
        'stage=~"{}"'.format("|".join(stage for stage in QUEUES[queue] if stage not in left_out))
        for left_out in ((), PATIENT)
    )
    yield Recording(OBJECTIVE, f"vector({objective})", labels)
    yield Recording(STARTS, total("canslim_task_wait_seconds_count", all_of_it, "5m", "namespace"), labels)
    yield Recording(PROMISED_STARTS, total("canslim_task_wait_seconds_count", where, "5m", "namespace"), labels)
    yield Recording(WAIT_P95, quantile(0.95, "canslim_task_wait_seconds", where, "5m", "namespace"), labels)
    for window in WINDOWS:
        soon = total("canslim_task_wait_seconds_bucket", f'{where},le="{objective:.1f}"', window, "namespace")
        started = total("canslim_task_wait_seconds_count", where, window, "namespace")
        yield Recording(late(window), f"1 - {soon}\n/ {started}", labels)


def _work() -> Iterator[Recording]:
    for window in WINDOWS:
        yield Recording(late_burn(window), f"{late(window)} / {LATE_BUDGET}")
    yield Recording(READY, ready("", "namespace", "queue"))
    yield Recording(
        IN_SERVICE, "sum by (namespace, queue) (canslim_worker_threads unless canslim_worker_draining == 1)"
    )
    yield Recording(DRAIN, f"{state('canslim_queue_work_seconds', '', 'namespace', 'queue')}\n/ {IN_SERVICE}")
    yield Recording(
        BUSY,
        "sum by (namespace, pool) (canslim_worker_threads_busy)\n/ sum by (namespace, pool) (canslim_worker_threads)",
    )
    by = ("namespace", "stage")
    failed = total("canslim_task_seconds_count", 'verdict=~"retried|dead|superseded|store_unavailable"', "5m", *by)
    ended = total("canslim_task_seconds_count", 'verdict!="duplicate"', "5m", *by)
    yield Recording(TASK_ERRORS, share(failed, ended))
    yield Recording(POOLS, f"group by (namespace, deployment, queue) (\n  {of_pod('canslim_worker_threads')}\n)")


def _provider() -> Iterator[Recording]:
    budget = state("canslim_yahoo_budget_requests_per_second", "", "namespace")
    yield Recording(BUDGET_USED, f"{total('canslim_yahoo_requests_total', '', '5m', 'namespace')}\n/ {budget}")
    yield Recording(
        PACED,
        f"{total('canslim_yahoo_requests_total', '', '30m', 'namespace')} / {budget} > {PACED_FROM}\n"
        "or max by (namespace) (max_over_time(canslim_yahoo_pause_seconds[10m])) > 0",
        {"queue": "collector"},
    )


def _api() -> Iterator[Recording]:
    for window in WINDOWS:
        failed = total("canslim_http_requests_total", FAILED, window, "namespace")
        answered = total("canslim_http_requests_total", ASKED, window, "namespace")
        yield Recording(api_errors(window), share(failed, answered))
        yield Recording(api_burn(window), f"{api_errors(window)} / {API_ERROR_BUDGET}")
