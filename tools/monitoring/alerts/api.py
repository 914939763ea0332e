"""Whether readers are served."""

from typing import Final

from tools.monitoring.alerts.alert import Alert, Severity
from tools.monitoring.objectives import FAST, SLOW, Burn
from tools.monitoring.queries import ASKED, FAILED, quantile
from tools.monitoring.recording_rules import api_burn


def _burns(burn: Burn) -> str:
    failed = f"increase(canslim_http_requests_total{{{FAILED}}}[{burn.long}])"
    return (
        f"{api_burn(burn.long)} > {burn.factor}\n"
        f"and on (namespace) {api_burn(burn.short)} > {burn.factor}\n"
        f"and on (namespace) sum by (namespace) ({failed}) >= {burn.events}"
    )


SUMMARY: Final = "The API of {{ $labels.namespace }} fails requests"
DESCRIPTION: Final = 'The budget of failed requests burns {{ $value | printf "%.1f" }} times faster than it may.'

ALERTS: Final = (
    Alert(
        "CanslimApiErrors",
        Severity.CRITICAL,
        _burns(FAST),
        summary=SUMMARY,
        description=DESCRIPTION,
        dashboard="canslim-api",
        wait="2m",
    ),
    Alert(
        "CanslimApiErrors",
        Severity.WARNING,
        _burns(SLOW),
        summary=SUMMARY,
        description=DESCRIPTION,
        dashboard="canslim-api",
        wait="15m",
    ),
    Alert(
        "CanslimApiSlow",
        Severity.WARNING,
        f"{quantile(0.95, 'canslim_http_request_seconds', ASKED, '10m', 'namespace')} > 1",
        summary="The API of {{ $labels.namespace }} is slow",
        description="One in twenty answers takes {{ $value | humanizeDuration }} or longer to begin.",
        dashboard="canslim-api",
        wait="15m",
    ),
)
