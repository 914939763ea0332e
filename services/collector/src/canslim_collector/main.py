"""Puts the collector together."""

import sys
from datetime import UTC, datetime, time
from functools import partial

from prometheus_client import REGISTRY, Gauge

from canslim_collector.provider import Provider
from canslim_collector.providers import create_provider
from canslim_collector.stages.collect import collect_stock_data, expected_session
from canslim_core.stages import COLLECT
from canslim_infra.settings import Settings, SettingsError, read_settings
from canslim_infra.telemetry import configure_logging
from canslim_infra.tracing import configure_tracing
from canslim_infra.worker import run_worker

EXPECTED = Gauge(
    "canslim_expected_session_timestamp_seconds",
    "The newest session that the exchange's calendar says the source has by now, at 0:00 UTC.",
    registry=None,
)


def main() -> None:
    try:
        settings = read_settings()
        provider = create_provider(settings)
    except (SettingsError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - there is no log yet.
        sys.exit(2)
    configure_logging(settings.log_format)
    configure_tracing("collector", settings.otlp_endpoint)
    sys.exit(run_collector(settings, provider))


def run_collector(settings: Settings, provider: Provider) -> int:
    if provider.habits.live:
        # Only a source that follows the market can be behind it.
        REGISTRY.register(EXPECTED)
        EXPECTED.set_function(lambda: datetime.combine(expected_session(), time(), UTC).timestamp())
    stages = {COLLECT.name: partial(collect_stock_data, provider)}
    return run_worker(settings, COLLECT.queue, settings.collector_threads or provider.habits.tasks, stages)
