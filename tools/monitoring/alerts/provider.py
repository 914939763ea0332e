"""Whether the source answers."""

from typing import Final

from tools.monitoring.alerts.alert import Alert, Severity

#: Answers that say something: data, a redirect, or that there is no such symbol. 429 has an alert of its own.
FAILED: Final = 'status!~"2..|3..|404|429"'
#: Outcomes that are as they should be.
GOOD: Final = "changed|unchanged"

ALERTS: Final = (
    Alert(
        "CanslimYahooRefusing",
        Severity.WARNING,
        "max by (namespace) (max_over_time(canslim_yahoo_pause_seconds[10m])) > 0",
        summary="Yahoo has refused {{ $labels.namespace }} for an hour",
        description="Every pause ended with another refusal. Tasks wait, no attempt is counted; ratings come late.",
        dashboard="canslim-provider",
        wait="1h",
    ),
    Alert(
        "CanslimYahooFailing",
        Severity.WARNING,
        f"sum by (namespace) (rate(canslim_yahoo_requests_total{{{FAILED}}}[15m]))\n"
        "/ sum by (namespace) (rate(canslim_yahoo_requests_total[15m])) > 0.5",
        summary="Most requests of {{ $labels.namespace }} to Yahoo fail",
        description="{{ $value | humanizePercentage }} got no answer, or an error instead of data.",
        dashboard="canslim-provider",
        wait="15m",
    ),
    Alert(
        "CanslimSymbolsFailing",
        Severity.WARNING,
        f'sum by (namespace, provider) (increase(canslim_symbols_collected_total{{outcome!~"{GOOD}"}}[1h]))\n'
        "/ sum by (namespace, provider) (increase(canslim_symbols_collected_total[1h])) > 0.1",
        summary="Provider {{ $labels.provider }} of {{ $labels.namespace }} fails for many symbols",
        description="{{ $value | humanizePercentage }} of the symbols of the last hour could not be collected.",
        dashboard="canslim-provider",
        wait="10m",
    ),
)
