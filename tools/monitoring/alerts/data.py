"""Whether what is published is what readers think it is."""

from typing import Final

from tools.monitoring.alerts.alert import Alert, Severity
from tools.monitoring.queries import state

#: A session that was expected so long ago should be published by now.
LATEST: Final = "7h"
#: Below 90 % nothing is published and the refresh fails; this little above it somebody should know.
THIN: Final = 0.95

PUBLISHED: Final = state("canslim_published_session_timestamp_seconds", "", "namespace")
#: As it was some hours ago, whatever gap there was just then.
EXPECTED: Final = f"max by (namespace) (last_over_time(canslim_expected_session_timestamp_seconds[1h] offset {LATEST}))"

PRICED, ACTIVE = (
    state("canslim_published_symbols", f'kind="{kind}"', "namespace", "universe") for kind in ("priced", "active")
)
ENDED: Final = "canslim_refresh_finished_timestamp_seconds"
RUNNING: Final = state("canslim_refreshes_unfinished", "", "namespace", "universe")
FAILED_SUMMARY: Final = "The last refresh of {{ $labels.universe }} in {{ $labels.namespace }} failed"


def _failed(own: str) -> str:
    """Nobody tries again at the moment. The nightly job does so twice, and what runs may yet mend it."""
    failed, completed = (
        state(ENDED, f'own="{own}",state="{ended}"', "namespace", "universe") for ended in ("failed", "completed")
    )
    return (
        f"{failed}\nunless on (namespace, universe)\n{completed}\n> on (namespace, universe) {failed}\n"
        f"unless on (namespace, universe) {RUNNING} > 0"
    )


ALERTS: Final = (
    Alert(
        "CanslimDataStale",
        Severity.WARNING,
        f"{EXPECTED}\n> on (namespace) {PUBLISHED}\n"
        f"or\n{EXPECTED}\nunless on (namespace) {PUBLISHED}\n"
        # Else nobody knows what is published.
        "and on (namespace) max by (namespace) (canslim_postgresql_up) == 1",
        summary="The newest session is not published in {{ $labels.namespace }}",
        description=f"It was over, and its bars expected, {LATEST} ago; no universe has ratings of it.",
        dashboard="canslim-data",
    ),
    Alert(
        "CanslimCoverageLow",
        Severity.WARNING,
        f"{PRICED}\n/ {ACTIVE} < {THIN}",
        summary="The ratings of {{ $labels.universe }} in {{ $labels.namespace }} lack symbols",
        description="Only {{ $value | humanizePercentage }} of its active symbols have a price of that session.",
        dashboard="canslim-data",
    ),
    Alert(
        "CanslimRefreshFailed",
        Severity.CRITICAL,
        _failed("false"),
        summary=FAILED_SUMMARY,
        description="The last good ratings stay published, and nobody tries again. The job's error says why.",
        dashboard="canslim-data",
        wait="15m",
    ),
    Alert(
        "CanslimRefreshFailed",
        Severity.WARNING,
        _failed("true"),
        summary=FAILED_SUMMARY,
        description="It is a list of somebody's own; a wrong symbol in it may be all. The job's error says why.",
        dashboard="canslim-data",
        wait="15m",
    ),
)
