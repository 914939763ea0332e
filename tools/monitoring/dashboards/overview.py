"""Is the work done, and in time? The dashboard to look at first."""

from typing import Final

from tools.monitoring.dashboard import Choice, Dashboard, Row
from tools.monitoring.objectives import FAST, LATE_BUDGET, QUEUES, SLOW
from tools.monitoring.panels import GOOD_IF_ZERO, GREEN, RED, UP_OR_DOWN, YELLOW, Panel, Query, heat, lines, number
from tools.monitoring.queries import HERE, NOW, counted, here, quantile, state, tasks, total
from tools.monitoring.recording_rules import DRAIN, OBJECTIVE, TASK_ERRORS, WAIT_P95, api_errors, late, late_burn

STAGE: Final = here('stage="$stage"')
STAGES: Final = here('stage=~"$stage"')
DONE: Final = here('verdict="done"')
DUPLICATE: Final = here('verdict="duplicate"')
UNFINISHED: Final = state("canslim_jobs", here('state=~"queued|running"'), "kind", "state")
PROMISED: Final = Query(OBJECTIVE, "promised of {{queue}}")
#: Where a stage has run nothing, as that of backfills where nobody asked for one.
NEVER_RAN: Final = "none ran"
#: How runs end that do not end the task well.
UNDONE: Final = ("retried", "postponed", "superseded", "store_unavailable", "dead")


def _depth(queue: str) -> Panel:
    where = here(f'queue="{queue}"')
    ready, running, delayed, dead = (tasks(name, where) for name in ("ready", "running", "delayed", "dead"))
    fetched = state("canslim_queue_messages", f'{where},state="fetched"')
    prefetched = f"clamp_min({fetched} - {running}, 0)"
    return lines(
        f"Tasks of queue {queue}",
        "Ready: due, not claimed and in no worker's hands; prefetched: fetched by a worker and not claimed; running; "
        "delayed: due later; dead: given up. PostgreSQL knows the tasks and Redis what is fetched: while one of them "
        "is away its part is missing, not 0.",
        "short",
        Query(f"clamp_min({ready} - {prefetched}, 0) or {ready}", "ready"),
        Query(prefetched, "prefetched"),
        Query(running, "running"),
        Query(delayed, "delayed"),
        Query(dead, "dead"),
        width=12,
        stacked=True,
    )


def _undone(verdict: str) -> str:
    """0, not nothing, where a stage that is known never ended so."""
    runs = counted("canslim_task_seconds_count", f'{STAGE},verdict="{verdict}"', NOW)
    return f"{runs}\nor max(canslim_tasks{{{STAGE}}}) * 0"


FIGURES: Final = Row(
    "Now",
    [
        number(
            "Started in time",
            "The share of the last hour's tasks that a worker claimed within their queue's objective.",
            "percentunit",
            Query(f"1 - max by (queue) ({late(FAST.long)}{{{HERE}}})", "{{queue}}"),
            steps=((None, RED), (1 - 2 * LATE_BUDGET, YELLOW), (1 - LATE_BUDGET, GREEN)),
            nothing="no tasks",
        ),
        number(
            "Dead letters",
            "Tasks given up and not replayed yet. A person has to look at each of them.",
            "short",
            Query(tasks("dead", HERE), "tasks"),
            steps=GOOD_IF_ZERO,
        ),
        number(
            "Unfinished jobs",
            "Refreshes, recalculations and backfills that are queued or running.",
            "short",
            Query(f"sum({UNFINISHED})", "jobs"),
        ),
        number(
            "Workers",
            "Workers that Redis heard of within the last half minute.",
            "short",
            Query(state("canslim_workers_alive", HERE), "workers"),
            steps=((None, RED), (1, GREEN)),
        ),
        number(
            "Servers",
            "Whether PostgreSQL and Redis answer at least one API process.",
            "short",
            Query(state("canslim_postgresql_up", HERE), "PostgreSQL"),
            Query(state("canslim_redis_up", HERE), "Redis"),
            steps=((None, RED), (1, GREEN)),
            words=UP_OR_DOWN,
        ),
        number(
            "Age of the newest ratings",
            "How long ago ratings were published, of whichever universe.",
            "s",
            Query(f"time() - {state('canslim_published_timestamp_seconds', HERE)}", "age"),
            nothing="none yet",
        ),
    ],
)

OBJECTIVES: Final = Row(
    "Objectives",
    [
        lines(
            "Wait, 95th percentile",
            "One in twenty tasks waited longer than this between due and claimed, and what is promised of each queue. "
            "Backfills' tasks are not in it, nor are those that nobody has claimed yet: see the oldest due task.",
            "s",
            Query(f"max by (queue) ({WAIT_P95}{{{HERE}}})", "{{queue}}"),
            PROMISED,
        ),
        lines(
            "Burn of the waiting budget",
            f"How many times faster than allowed tasks start late; {LATE_BUDGET:.0%} may. The alert comes above "
            f"{FAST.factor} in an hour and above {SLOW.factor} in six, if it still goes on.",
            "short",
            Query(f"max by (queue) ({late_burn(FAST.long)}{{{HERE}}})", "{{queue}}, an hour"),
            Query(f"max by (queue) ({late_burn(SLOW.long)}{{{HERE}}})", "{{queue}}, six hours"),
            limits=((None, GREEN), (SLOW.factor, YELLOW), (FAST.factor, RED)),
        ),
        lines(
            "Failures",
            "The share of runs of tasks that ended with an error, lost their lease or found no PostgreSQL, which are "
            "tried again; and of requests that the API answered with 500 and more.",
            "percentunit",
            Query(f"max by (stage) ({TASK_ERRORS}{{{HERE}}})", "stage {{stage}}"),
            Query(f"max({api_errors(FAST.short)}{{{HERE}}})", "requests"),
        ),
    ],
)

FLOW: Final = Row(
    "Flow",
    [
        *(_depth(queue) for queue in QUEUES),
        lines(
            "Throughput",
            "Tasks that were done in a minute, by stage.",
            "opm",
            Query(f"{total('canslim_task_seconds_count', DONE, NOW, 'stage')} * 60", "{{stage}}"),
        ),
        lines(
            "Sent, started, done",
            "Wake-up messages sent, tasks claimed, tasks done, and wake-ups that found nothing to do because the task "
            "was claimed already. Sent above started for long: messages get lost or nobody fetches them.",
            "ops",
            Query(total("canslim_relay_sent_total", HERE, NOW), "sent"),
            Query(total("canslim_task_wait_seconds_count", HERE, NOW), "started"),
            Query(total("canslim_task_seconds_count", DONE, NOW), "done"),
            Query(total("canslim_task_seconds_count", DUPLICATE, NOW), "wasted"),
        ),
        lines(
            "Messages in Redis",
            "What waits in Redis, and what workers have fetched and not acknowledged, running tasks included.",
            "short",
            Query(state("canslim_queue_messages", HERE, "queue", "state"), "{{queue}} {{state}}"),
        ),
        lines(
            "Oldest due task",
            "How long the task that has waited longest is due, 0 where none is, and what is promised of each queue.",
            "s",
            Query(state("canslim_queue_oldest_due_age_seconds", HERE, "queue"), "{{queue}}"),
            PROMISED,
        ),
        lines(
            "Outstanding work",
            "Tasks that are due or run, times what such tasks took lately: what the pools scale on.",
            "s",
            Query(state("canslim_queue_work_seconds", HERE, "queue"), "{{queue}}"),
        ),
        lines(
            "Time to drain",
            "Outstanding work shared by the threads in service: how long it takes with the pods there are now. "
            "Missing where work has no worker.",
            "s",
            Query(f"max by (queue) ({DRAIN}{{{HERE}}})", "{{queue}}"),
            PROMISED,
        ),
    ],
)

LATENCY: Final = Row(
    "Latency and outcome",
    [
        heat(
            "Waits",
            "How long tasks of the chosen stages were due before they were claimed; the darker, the more of them.",
            "s",
            f"sum by (le) (increase(canslim_task_wait_seconds_bucket{{{STAGES}}}[{NOW}]))",
        ),
        heat(
            "Durations",
            "How long deliveries of the chosen stages took, wasted ones included; the darker, the more of them.",
            "s",
            f"sum by (le) (increase(canslim_task_seconds_bucket{{{STAGES}}}[{NOW}]))",
        ),
        lines(
            "Deliveries by verdict",
            "How deliveries ended. Duplicate: a wake-up for nothing. Superseded: the lease was lost to another worker. "
            "Postponed: the source asked for a pause. Dead: given up.",
            "ops",
            Query(total("canslim_task_seconds_count", STAGES, NOW, "verdict"), "{{verdict}}"),
            width=12,
            stacked=True,
        ),
        lines(
            "Unfinished jobs",
            "Jobs that are queued or running, by kind.",
            "short",
            Query(UNFINISHED, "{{kind}} {{state}}"),
            width=12,
        ),
    ],
)

ONE_STAGE: Final = Row(
    "Stage $stage",
    [
        lines(
            "Wait in $stage",
            "How long its tasks were due before they were claimed.",
            "s",
            Query(quantile(0.5, "canslim_task_wait_seconds", STAGE, NOW), "half"),
            Query(quantile(0.95, "canslim_task_wait_seconds", STAGE, NOW), "95 %"),
            nothing=NEVER_RAN,
        ),
        lines(
            "Duration in $stage",
            "How long its tasks took that were done, and the mean of the newest 50, by which work is estimated.",
            "s",
            Query(quantile(0.5, "canslim_task_seconds", f'{STAGE},verdict="done"', NOW), "half"),
            Query(quantile(0.95, "canslim_task_seconds", f'{STAGE},verdict="done"', NOW), "95 %"),
            Query(quantile(0.99, "canslim_task_seconds", f'{STAGE},verdict="done"', NOW), "99 %"),
            Query(state("canslim_task_mean_seconds", STAGE), "mean of the newest"),
            nothing=NEVER_RAN,
        ),
        lines(
            "Retries in $stage",
            "How many runs, within the curve's step, did not end the task well: failed and tried again, postponed for "
            "the source, lost to another worker, without PostgreSQL, given up.",
            "short",
            *(Query(_undone(verdict), verdict) for verdict in UNDONE),
            stacked=True,
        ),
    ],
    repeat="stage",
)

DASHBOARD: Final = Dashboard(
    "canslim-overview",
    "CAN SLIM / Overview",
    "Whether work is done in time: objectives, what flows through the queues, how long it takes and how it ends.",
    [FIGURES, OBJECTIVES, FLOW, LATENCY, ONE_STAGE],
    choices=[Choice("stage", "Stage", f"canslim_tasks{{{HERE}}}")],
)
