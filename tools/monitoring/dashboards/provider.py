"""Does the source answer, and how much is it asked?"""

from typing import Final

from tools.monitoring.dashboard import Dashboard, Row
from tools.monitoring.panels import GREEN, RED, YELLOW, Query, lines, number, rows
from tools.monitoring.queries import HERE, NOW, counted, here, quantile, share, state, total
from tools.monitoring.recording_rules import BUDGET_USED

COLLECTED: Final = "canslim_symbols_collected_total"
FAILED: Final = here('outcome!~"changed|unchanged"')
COLLECT: Final = here('stage="collect"', 'verdict="done"')
EXPECTED: Final = state("canslim_expected_session_timestamp_seconds", HERE)
PUBLISHED: Final = "canslim_published_session_timestamp_seconds"
DAY: Final = 86400

SYMBOLS: Final = Row(
    "Symbols",
    [
        lines(
            "Collected",
            "Symbols that ended in a collect task: changed (new bars came), unchanged, or the code of the failure.",
            "cps",
            Query(total(COLLECTED, HERE, NOW, "provider", "outcome"), "{{provider}} {{outcome}}"),
            stacked=True,
        ),
        lines(
            "Failed",
            "The share of symbols that could not be collected. A symbol that failed is asked for again, twice.",
            "percentunit",
            Query(
                share(total(COLLECTED, FAILED, NOW, "provider"), total(COLLECTED, HERE, NOW, "provider")),
                "{{provider}}",
            ),
        ),
        rows(
            "In this time",
            "Symbols by provider and outcome, in the time that the dashboard shows.",
            Query(counted(COLLECTED, HERE, "$__range", "provider", "outcome"), "symbols"),
            keys=["provider", "outcome"],
            largest="symbols",
            width=8,
        ),
        lines(
            "Duration of a batch",
            "How long a collect task took that was done.",
            "s",
            Query(quantile(0.5, "canslim_task_seconds", COLLECT, NOW), "half"),
            Query(quantile(0.95, "canslim_task_seconds", COLLECT, NOW), "95 %"),
        ),
        lines(
            "Postponed tasks",
            "Collect tasks put off because the source asked for a pause. No attempt is counted.",
            "ops",
            Query(
                total("canslim_task_seconds_count", here('stage="collect"', 'verdict="postponed"'), NOW), "postponed"
            ),
        ),
        lines(
            "Days behind",
            "Calendar days between the newest session that the source should have and the newest that is published, by "
            "universe. Only with a provider that follows the market; universes that are a hundred days behind belong "
            "to no such one and are left out.",
            "d",
            Query(
                f"({EXPECTED}\n- on () group_right () {state(PUBLISHED, HERE, 'universe')}) / {DAY} < 100",
                "{{universe}}",
            ),
        ),
    ],
)

YAHOO: Final = Row(
    "Yahoo",
    [
        number(
            "Budget in use",
            "Requests of the last five minutes as a share of the configured pace.",
            "percentunit",
            Query(f"max({BUDGET_USED}{{{HERE}}})", "used"),
            nothing="not asked",
        ),
        number(
            "Pause",
            "What is left of the pause that Yahoo asked for.",
            "s",
            Query(state("canslim_yahoo_pause_seconds", HERE), "left"),
            steps=((None, GREEN), (1, RED)),
            nothing="not asked yet",
        ),
        number(
            "Pace",
            "The share of the configured pace that is in use since the last refusal; it is whole again in ten minutes.",
            "percentunit",
            Query(f"min(canslim_yahoo_budget_share{{{HERE}}})", "share"),
            steps=((None, RED), (0.5, YELLOW), (1, GREEN)),
            nothing="not asked yet",
        ),
        number(
            "Refused today",
            "Answers with status 429 within 24 hours.",
            "short",
            Query(f"sum(increase(canslim_yahoo_refusals_total{{{HERE}}}[24h]))", "refusals"),
            steps=((None, GREEN), (1, YELLOW)),
            nothing="no provider yahoo",
            decimals=0,
        ),
        number(
            "Expected session",
            "The newest session whose bars the source should have by now.",
            "dateTimeAsIso",
            Query(f"{EXPECTED} * 1000", "session"),
            nothing="no live provider",
            width=8,
        ),
        lines(
            "Requests",
            "Requests sent to Yahoo by the status of the answer, repeats and redirects included; none: no answer came.",
            "reqps",
            Query(total("canslim_yahoo_requests_total", HERE, NOW, "status"), "{{status}}"),
            stacked=True,
        ),
        lines(
            "Requests and budget",
            "All requests, beside the configured pace and what is allowed of it since the last refusal.",
            "reqps",
            Query(total("canslim_yahoo_requests_total", HERE, NOW), "sent"),
            Query(state("canslim_yahoo_budget_requests_per_second", HERE), "configured"),
            Query(
                f"{state('canslim_yahoo_budget_requests_per_second', HERE)} "
                f"* min(canslim_yahoo_budget_share{{{HERE}}})",
                "allowed now",
            ),
        ),
        lines(
            "Refusals and pauses",
            "Answers with status 429 in five minutes, and the seconds that are left of the pause.",
            "short",
            Query(f"sum(increase(canslim_yahoo_refusals_total{{{HERE}}}[5m]))", "refusals"),
            Query(state("canslim_yahoo_pause_seconds", HERE), "seconds of pause"),
        ),
        lines(
            "Threads waiting for leave",
            "How many threads wait for the budget, on average. Many all the time: fewer collectors would do as much.",
            "short",
            Query(total("canslim_yahoo_waited_seconds_total", HERE, NOW), "threads"),
            width=12,
        ),
        lines(
            "Paced without Redis",
            "Requests that a process paced alone, at its share of the budget, because Redis was away.",
            "reqps",
            Query(total("canslim_yahoo_budget_without_redis_total", HERE, NOW), "requests"),
            width=12,
        ),
    ],
)

DASHBOARD: Final = Dashboard(
    "canslim-provider",
    "CAN SLIM / Provider",
    "What the source of market data is asked and answers: outcome by symbol, budget, refusals, freshness.",
    [SYMBOLS, YAHOO],
)
