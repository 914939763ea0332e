"""Whether anything can be known, and the two servers."""

from typing import Final

from tools.monitoring.alerts.alert import Alert, Severity
from tools.monitoring.queries import INSTALLED, JOB

ALERTS: Final = (
    Alert(
        "CanslimNothingScraped",
        Severity.CRITICAL,
        f'absent(up{{job="{JOB}"}})',
        summary="Prometheus knows no process of canslim",
        description="No target has the job label {{ $labels.job }}: every other alert is blind.",
        dashboard="canslim-overview",
        wait="10m",
    ),
    Alert(
        "CanslimTargetDown",
        Severity.WARNING,
        f'up{{job="{JOB}"}} == 0',
        summary="Process {{ $labels.pod }} of pool {{ $labels.pool }} does not answer on its metrics port",
        description="Prometheus could not read {{ $labels.instance }} in {{ $labels.namespace }} for ten minutes.",
        dashboard="canslim-pools",
        wait="10m",
    ),
    Alert(
        "CanslimApiAbsent",
        Severity.CRITICAL,
        f"{INSTALLED}\nunless on (namespace) group by (namespace) (canslim_postgresql_up)",
        summary="No API process of {{ $labels.namespace }} answers",
        description=(
            "Nobody can be served, and nothing is known of queues, jobs and ratings: an API process tells of them."
        ),
        dashboard="canslim-api",
        wait="5m",
    ),
    Alert(
        "CanslimPostgresqlDown",
        Severity.CRITICAL,
        "max by (namespace) (canslim_postgresql_up) == 0",
        summary="PostgreSQL answers no API process of {{ $labels.namespace }}",
        description="Requests are answered with 503 and workers wait. Nothing is lost, nothing goes on.",
        dashboard="canslim-overview",
        wait="1m",
    ),
    Alert(
        "CanslimRedisDown",
        Severity.CRITICAL,
        "max by (namespace) (canslim_redis_up) == 0",
        summary="Redis answers no API process of {{ $labels.namespace }}",
        description="Due tasks stay in PostgreSQL and are sent when Redis is back. Until then no new task starts.",
        dashboard="canslim-overview",
        wait="2m",
    ),
    Alert(
        "CanslimMessagesUnsent",
        Severity.CRITICAL,
        "sum by (namespace) (increase(canslim_relay_unsent_total[5m])) > 0",
        summary="Wake-up messages of {{ $labels.namespace }} can't be sent to Redis",
        description="Redis refuses writes, or is away: due tasks wait in PostgreSQL and no new task starts.",
        dashboard="canslim-api",
        wait="5m",
    ),
    Alert(
        "CanslimRelayFailing",
        Severity.WARNING,
        "sum by (namespace) (increase(canslim_relay_failures_total[10m])) > 5",
        summary="The relay of {{ $labels.namespace }} fails again and again",
        description="Rounds of the relay end with an error nobody expected, so lost messages and dead workers stay so.",
        dashboard="canslim-api",
        wait="5m",
    ),
)
