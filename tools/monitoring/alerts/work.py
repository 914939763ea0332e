"""Whether work is done, and soon enough."""

from typing import Final

from tools.monitoring.alerts.alert import Alert, Severity
from tools.monitoring.objectives import FAST, PATIENT, SLOW, Burn
from tools.monitoring.queries import state, tasks
from tools.monitoring.recording_rules import (
    IN_SERVICE,
    OBJECTIVE,
    PACED,
    PROMISED_STARTS,
    READY,
    STARTS,
    TASK_ERRORS,
    late,
    late_burn,
)


def _burns(burn: Burn) -> str:
    """Not while the provider's pace is what makes tasks wait, or did so within the window: it is not ours to mend."""
    late_tasks = f"{late(burn.long)} * avg_over_time({PROMISED_STARTS}[{burn.long}]) * {burn.hours * 3600}"
    return (
        f"{late_burn(burn.long)} > {burn.factor}\n"
        f"and on (namespace, queue) {late_burn(burn.short)} > {burn.factor}\n"
        f"and on (namespace, queue) {late_tasks} >= {burn.events}\n"
        f"unless on (namespace, queue) max_over_time({PACED}[{burn.long}])"
    )


RUNNING: Final = tasks("running", "", "namespace", "queue")
#: Tasks that may wait, so that nothing is wrong where the oldest one has for long.
WAITING_ROOM: Final = tasks("ready", 'stage=~"{}"'.format("|".join(PATIENT)), "namespace", "queue")
DEAD: Final = state("canslim_tasks", 'state="dead"', "namespace", "queue", "stage")

LATE_SUMMARY: Final = "Tasks of queue {{ $labels.queue }} in {{ $labels.namespace }} start later than promised"
LATE_DESCRIPTION: Final = 'The budget of late tasks burns {{ $value | printf "%.1f" }} times faster than it may.'

ALERTS: Final = (
    Alert(
        "CanslimTasksLate",
        Severity.CRITICAL,
        _burns(FAST),
        summary=LATE_SUMMARY,
        description=LATE_DESCRIPTION,
        dashboard="canslim-overview",
        wait="2m",
    ),
    Alert(
        "CanslimTasksLate",
        Severity.WARNING,
        _burns(SLOW),
        summary=LATE_SUMMARY,
        description=LATE_DESCRIPTION,
        dashboard="canslim-overview",
        wait="15m",
    ),
    Alert(
        "CanslimTasksWait",
        Severity.WARNING,
        f"{state('canslim_queue_oldest_due_age_seconds', '', 'namespace', 'queue')}\n"
        f"> on (queue) group_left () 2 * {OBJECTIVE}\n"
        f"unless on (namespace, queue) {PACED}\nunless on (namespace, queue) {WAITING_ROOM} > 0",
        summary="The oldest task of queue {{ $labels.queue }} in {{ $labels.namespace }} waits too long",
        description="It has been due for {{ $value | humanizeDuration }}, over twice what is promised.",
        dashboard="canslim-pools",
        wait="5m",
    ),
    Alert(
        "CanslimQueueStalled",
        Severity.CRITICAL,
        f"{READY} > 0\nunless on (namespace, queue) {STARTS} > 0\nunless on (namespace, queue) {RUNNING} > 0",
        summary="Queue {{ $labels.queue }} of {{ $labels.namespace }} stands still",
        description="{{ $value }} tasks are due, none runs, and none was started for ten minutes.",
        dashboard="canslim-overview",
        wait="10m",
    ),
    Alert(
        "CanslimNoWorker",
        Severity.CRITICAL,
        f"{READY} > 0\n"
        f"unless on (namespace, queue) {IN_SERVICE} > 0\n"
        f"or\n{READY} > 0\n"
        f"and on (namespace) {state('canslim_workers_alive', '', 'namespace')} == 0",
        summary="No worker serves queue {{ $labels.queue }} of {{ $labels.namespace }}",
        description="{{ $value }} tasks are due and no worker of the queue is scraped, or Redis heard of none.",
        dashboard="canslim-pools",
        wait="5m",
    ),
    Alert(
        "CanslimDeadLetters",
        Severity.WARNING,
        f"{DEAD} > 0",
        summary="Tasks of stage {{ $labels.stage }} in {{ $labels.namespace }} were given up",
        description="{{ $value }} dead letters of queue {{ $labels.queue }} wait for a person to replay them.",
        dashboard="canslim-data",
    ),
    Alert(
        "CanslimTasksFailing",
        Severity.WARNING,
        f"{TASK_ERRORS} > 0.2",
        summary="Tasks of stage {{ $labels.stage }} in {{ $labels.namespace }} fail",
        description="{{ $value | humanizePercentage }} of their runs ended with an error; they are tried again.",
        dashboard="canslim-overview",
        wait="10m",
    ),
    Alert(
        "CanslimLeasesExpiring",
        Severity.WARNING,
        "sum by (namespace) (increase(canslim_leases_expired_total[30m])) >= 3",
        summary="Workers of {{ $labels.namespace }} die or hang at work",
        description='{{ $value | printf "%.0f" }} tasks lost their worker within half an hour; they run elsewhere.',
        dashboard="canslim-pools",
    ),
    Alert(
        "CanslimJobOverdue",
        Severity.WARNING,
        "sum by (namespace) (increase(canslim_jobs_expired_total[1h])) > 0",
        summary="A job of {{ $labels.namespace }} passed its deadline",
        description="It was failed because it did not end within its hour, waits for the provider not counted.",
        dashboard="canslim-data",
    ),
)
