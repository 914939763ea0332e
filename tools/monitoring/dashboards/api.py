"""Are readers served, and do the loops run that every API process has?"""

from typing import Final

from tools.monitoring.dashboard import Dashboard, Row
from tools.monitoring.objectives import API_ERROR_BUDGET, FAST, SLOW
from tools.monitoring.panels import GREEN, RED, UP_OR_DOWN, YELLOW, Query, heat, lines, number, rows, states
from tools.monitoring.queries import ASKED, FAILED, HERE, NOW, counted, here, quantile, total
from tools.monitoring.recording_rules import api_burn, api_errors

REQUESTS: Final = "canslim_http_requests_total"
SECONDS: Final = "canslim_http_request_seconds"
PROCESS: Final = here('pool="api"')
SEEN: Final = here(ASKED)

FIGURES: Final = Row(
    "Now",
    [
        number(
            "Answered",
            "The share of the last six hours' requests that were not answered with 500 and more. Probes don't count.",
            "percentunit",
            Query(f"1 - max({api_errors(SLOW.long)}{{{HERE}}})", "answered"),
            steps=((None, RED), (1 - 2 * API_ERROR_BUDGET, YELLOW), (1 - API_ERROR_BUDGET, GREEN)),
            nothing="no requests",
            decimals=2,
        ),
        number(
            "Requests",
            "Requests a second, probes not counted.",
            "reqps",
            Query(total(REQUESTS, SEEN, "5m"), "requests"),
        ),
        number(
            "95th percentile",
            "One in twenty answers takes longer than this to begin.",
            "s",
            Query(quantile(0.95, SECONDS, SEEN, "5m"), "95 %"),
            steps=((None, GREEN), (0.5, YELLOW), (1, RED)),
            nothing="no requests",
        ),
        number(
            "Open now",
            "Requests that are being answered, streams of events included.",
            "short",
            Query(f"sum(canslim_http_requests_in_progress{{{HERE}}})", "requests"),
        ),
        number(
            "Processes",
            "API processes that answer on their metrics port.",
            "short",
            Query(f"sum(up{{{PROCESS}}})", "processes"),
            steps=((None, RED), (1, GREEN)),
            nothing="none",
        ),
        number(
            "Relay's failures",
            "Rounds of the relay in the last hour that ended with an error nobody expected.",
            "short",
            Query(f"sum(increase(canslim_relay_failures_total{{{HERE}}}[1h]))", "rounds"),
            steps=((None, GREEN), (1, RED)),
            decimals=0,
        ),
    ],
)

SERVICE: Final = Row(
    "Requests",
    [
        lines(
            "Rate by route",
            "Requests a second, probes not counted.",
            "reqps",
            Query(total(REQUESTS, SEEN, NOW, "method", "route"), "{{method}} {{route}}"),
            stacked=True,
        ),
        lines(
            "Rate by status",
            "Requests a second by status of the answer. 503: PostgreSQL is away.",
            "reqps",
            Query(total(REQUESTS, SEEN, NOW, "status"), "{{status}}"),
            stacked=True,
        ),
        lines(
            "Errors by route",
            "Requests answered with 500 and more.",
            "reqps",
            Query(total(REQUESTS, here(FAILED), NOW, "route", "status"), "{{route}} {{status}}"),
        ),
        heat(
            "Durations",
            "How long answers took to begin; the darker, the more of them. Probes don't count.",
            "s",
            f"sum by (le) (increase({SECONDS}_bucket{{{SEEN}}}[{NOW}]))",
        ),
        lines(
            "Duration",
            "How long answers took to begin, over all routes but the probes.",
            "s",
            Query(quantile(0.5, SECONDS, SEEN, NOW), "half"),
            Query(quantile(0.95, SECONDS, SEEN, NOW), "95 %"),
            Query(quantile(0.99, SECONDS, SEEN, NOW), "99 %"),
            width=12,
        ),
        lines(
            "95th percentile by route",
            "One in twenty answers of the route took longer than this to begin.",
            "s",
            Query(quantile(0.95, SECONDS, SEEN, NOW, "method", "route"), "{{method}} {{route}}"),
        ),
        lines(
            "Burn of the error budget",
            f"How many times faster than allowed requests fail; {API_ERROR_BUDGET:.1%} may. The alert comes above "
            f"{FAST.factor} in an hour and above {SLOW.factor} in six, if it still goes on.",
            "short",
            Query(f"max({api_burn(FAST.long)}{{{HERE}}})", "an hour"),
            Query(f"max({api_burn(SLOW.long)}{{{HERE}}})", "six hours"),
            limits=((None, GREEN), (SLOW.factor, YELLOW), (FAST.factor, RED)),
        ),
        lines(
            "Open requests",
            "Requests that are being answered, streams of events included, by pod.",
            "short",
            Query(f"max by (pod) (canslim_http_requests_in_progress{{{HERE}}})", "{{pod}}"),
        ),
        rows(
            "Routes in this time",
            "Requests and their mean duration by route, in the time that the dashboard shows.",
            Query(counted(REQUESTS, HERE, "$__range", "method", "route"), "requests"),
            Query(
                f"sum by (method, route) (increase({SECONDS}_sum{{{HERE}}}[$__range]))\n"
                f"/ sum by (method, route) (increase({SECONDS}_count{{{HERE}}}[$__range]))",
                "mean",
            ),
            keys=["method", "route"],
            units={"mean": "s"},
            largest="requests",
            width=24,
        ),
    ],
)

LOOPS: Final = Row(
    "Relay and reconciler",
    [
        lines(
            "Wake-ups",
            "Messages sent to Redis, and sends that failed because it was away or refused.",
            "ops",
            Query(total("canslim_relay_sent_total", HERE, NOW), "sent"),
            Query(total("canslim_relay_unsent_total", HERE, NOW), "failed sends"),
        ),
        lines(
            "Mended and given up",
            "In five minutes: leases that ran out, tasks given up because every worker died on them, jobs failed for "
            "their deadline, rounds that ended with an error nobody expected.",
            "short",
            Query(f"sum(increase(canslim_leases_expired_total{{{HERE}}}[5m]))", "leases expired"),
            Query(f"sum(increase(canslim_tasks_poisoned_total{{{HERE}}}[5m]))", "poison"),
            Query(f"sum(increase(canslim_jobs_expired_total{{{HERE}}}[5m]))", "overdue jobs"),
            Query(f"sum(increase(canslim_relay_failures_total{{{HERE}}}[5m]))", "failed rounds"),
        ),
        states(
            "Servers as each process sees them",
            "Whether PostgreSQL and Redis answered the process when it read the state, every five seconds.",
            Query(f"max by (pod) (canslim_postgresql_up{{{HERE}}})", "PostgreSQL from {{pod}}"),
            Query(f"max by (pod) (canslim_redis_up{{{HERE}}})", "Redis from {{pod}}"),
            words=UP_OR_DOWN,
        ),
    ],
)

PROCESSES: Final = Row(
    "Processes",
    [
        lines(
            "CPU",
            "Cores in use, as the process sees it. The API's autoscaler, where there is one, goes by it.",
            "short",
            Query(total("process_cpu_seconds_total", PROCESS, NOW, "pod"), "{{pod}}"),
        ),
        lines(
            "Memory",
            "Resident memory, as the process sees it.",
            "bytes",
            Query(f"max by (pod) (process_resident_memory_bytes{{{PROCESS}}})", "{{pod}}"),
        ),
        lines(
            "Uptime",
            "How long the process has been running.",
            "s",
            Query(f"time() - max by (pod) (process_start_time_seconds{{{PROCESS}}})", "{{pod}}"),
        ),
    ],
)

DASHBOARD: Final = Dashboard(
    "canslim-api",
    "CAN SLIM / API",
    "Requests, errors and durations by route, and the relay and reconciler that run in every API process.",
    [FIGURES, SERVICE, LOOPS, PROCESSES],
)
