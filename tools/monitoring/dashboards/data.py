"""Is what readers see new and complete?"""

from typing import Final

from tools.monitoring.alerts.data import THIN
from tools.monitoring.dashboard import Dashboard, Row
from tools.monitoring.panels import GOOD_IF_ZERO, GREEN, RED, YELLOW, Query, lines, number, rows
from tools.monitoring.queries import HERE, here, state, tasks

SESSION: Final = "canslim_published_session_timestamp_seconds"
PUBLISHED_AT: Final = "canslim_published_timestamp_seconds"
ENDED: Final = "canslim_refresh_finished_timestamp_seconds"
ACTIVE, PRICED, RATED = (
    state("canslim_published_symbols", here(f'kind="{kind}"'), "universe") for kind in ("active", "priced", "rated")
)
FAILED, COMPLETED = (state(ENDED, here(f'state="{ended}"'), "universe") for ended in ("failed", "completed"))
#: 0, not nothing, where no refresh ever failed; nothing where PostgreSQL does not answer.
NONE: Final = f"max(canslim_postgresql_up{{{HERE}}} == 1) * 0"
FRESH: Final = state("canslim_symbols", here('status="fresh"'))
OVERDUE: Final = f"sum(increase(canslim_jobs_expired_total{{{HERE}}}[24h]))"
CRONJOB: Final = here('cronjob=~".+-refresh"')

FIGURES: Final = Row(
    "Now",
    [
        number(
            "Coverage",
            "The share of active symbols with a price of the published session. Under 90 % nothing is published.",
            "percentunit",
            Query(f"min({PRICED} / {ACTIVE})", "coverage"),
            steps=((None, RED), (0.9, YELLOW), (THIN, GREEN)),
            nothing="nothing published",
            decimals=1,
        ),
        number(
            "Fresh symbols",
            "The share of symbols whose newest request brought the bar that was asked for.",
            "percentunit",
            Query(f"{FRESH} / sum({state('canslim_symbols', HERE, 'status')})", "fresh"),
            nothing="none asked for",
            decimals=1,
        ),
        number(
            "Age of the newest ratings",
            "How long ago ratings were published, of whichever universe.",
            "s",
            Query(f"time() - {state(PUBLISHED_AT, HERE)}", "age"),
            nothing="nothing published",
        ),
        number(
            "Dead letters",
            "Tasks given up and not replayed yet.",
            "short",
            Query(tasks("dead", HERE), "tasks"),
            steps=GOOD_IF_ZERO,
        ),
        number(
            "Overdue jobs",
            "Jobs failed within 24 hours because they passed their deadline.",
            "short",
            Query(OVERDUE, "jobs"),
            steps=GOOD_IF_ZERO,
            decimals=0,
        ),
        number(
            "Failed universes",
            "Universes and own lists whose newest refresh failed. They keep the ratings of the one before.",
            "short",
            Query(
                f"count({FAILED}\nunless on (universe) {COMPLETED} > on (universe) {FAILED})\nor {NONE}", "universes"
            ),
            steps=GOOD_IF_ZERO,
        ),
    ],
)

PUBLISHED: Final = Row(
    "Published",
    [
        rows(
            "What is published",
            "Of each universe: the newest session with ratings, when they were published, and its symbols.",
            Query(f"{state(SESSION, HERE, 'universe')} * 1000", "session"),
            Query(f"{state(PUBLISHED_AT, HERE, 'universe')} * 1000", "published"),
            Query(ACTIVE, "active"),
            Query(PRICED, "priced"),
            Query(RATED, "rated"),
            Query(f"{PRICED}\n/ {ACTIVE}", "coverage"),
            keys=["universe"],
            units={"session": "dateTimeAsIso", "published": "dateTimeAsIso", "coverage": "percentunit"},
            width=24,
            height=6,
        ),
        lines(
            "Coverage",
            "The share of active symbols with a price of the published session.",
            "percentunit",
            Query(f"{PRICED}\n/ {ACTIVE}", "{{universe}}"),
            limits=((None, RED), (0.9, YELLOW), (THIN, GREEN)),
            most=1,
        ),
        lines(
            "Rated symbols",
            "Active symbols, and those with a rating: it needs a year of prices.",
            "short",
            Query(ACTIVE, "{{universe}} active"),
            Query(RATED, "{{universe}} rated"),
        ),
        lines(
            "Age of the ratings",
            "How long ago each universe's ratings were published.",
            "s",
            Query(f"time() - {state(PUBLISHED_AT, HERE, 'universe')}", "{{universe}}"),
        ),
    ],
)

SYMBOLS: Final = Row(
    "Symbols and dead letters",
    [
        lines(
            "Symbols by status",
            "How the newest request for each symbol ended; what the words mean is in docs/yahoo.md.",
            "short",
            Query(state("canslim_symbols", HERE, "status"), "{{status}}"),
            stacked=True,
        ),
        lines(
            "Symbols that need a look",
            "The same without the fresh ones: quarantined and malformed ones mean that a source or a parser is wrong.",
            "short",
            Query(state("canslim_symbols", here('status!="fresh"'), "status"), "{{status}}"),
        ),
        lines(
            "Dead letters",
            "Tasks given up and not replayed yet, by stage.",
            "short",
            Query(state("canslim_tasks", here('state="dead"'), "stage"), "{{stage}}"),
        ),
    ],
)

JOBS: Final = Row(
    "Jobs",
    [
        rows(
            "When refreshes ended last",
            "Of each universe of the provider in use and of own lists, by outcome; refreshes of some symbols are left "
            "out. A failure newer than the completion raises an alert.",
            Query(f"{state(ENDED, HERE, 'universe', 'state')} * 1000", "ended"),
            keys=["universe", "state"],
            units={"ended": "dateTimeAsIso"},
        ),
        rows(
            "All jobs",
            "Every job that is stored, by kind and state; what there is none of is left out.",
            Query(f"{state('canslim_jobs', HERE, 'kind', 'state')} > 0", "jobs"),
            keys=["kind", "state"],
            largest="jobs",
        ),
        rows(
            "The nightly refresh",
            "Kubernetes' side of it: when it ran last, succeeded last and runs next, and whether it is suspended.",
            Query(f"max by (cronjob) (kube_cronjob_status_last_schedule_time{{{CRONJOB}}}) * 1000", "last start"),
            Query(f"max by (cronjob) (kube_cronjob_status_last_successful_time{{{CRONJOB}}}) * 1000", "last success"),
            Query(f"max by (cronjob) (kube_cronjob_next_schedule_time{{{CRONJOB}}}) * 1000", "next start"),
            Query(f"max by (cronjob) (kube_cronjob_spec_suspend{{{CRONJOB}}})", "suspended"),
            keys=["cronjob"],
            units=dict.fromkeys(("last start", "last success", "next start"), "dateTimeAsIso"),
            height=5,
        ),
        rows(
            "Kubernetes' jobs that failed",
            "Migrations and nightly refreshes that Kubernetes gave up.",
            Query(
                "max by (job_name) "
                f'(kube_job_failed{{{HERE},condition="true",job_name=~".+-(migrate|refresh).*"}}) == 1',
                "failed",
            ),
            keys=["job_name"],
            height=5,
        ),
        lines(
            "Jobs that ended",
            "How many jobs have ended so, all time: a step is a job.",
            "short",
            Query(
                state("canslim_jobs", here('state=~"completed|failed|cancelled"'), "kind", "state"),
                "{{kind}} {{state}}",
            ),
            width=24,
        ),
    ],
)

DASHBOARD: Final = Dashboard(
    "canslim-data",
    "CAN SLIM / Data quality",
    "What is published, how complete and how new it is, how symbols and refreshes ended.",
    [FIGURES, PUBLISHED, SYMBOLS, JOBS],
    since="now-7d",
)
