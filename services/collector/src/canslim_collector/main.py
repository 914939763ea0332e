"""Puts the collector together."""

import sys
from functools import partial

from canslim_collector.provider import Provider
from canslim_collector.providers import create_provider
from canslim_collector.stages.collect import collect_stock_data
from canslim_core.stages import COLLECT
from canslim_infra.settings import Settings, SettingsError, read_settings
from canslim_infra.telemetry import configure_logging
from canslim_infra.worker import run_worker


def main() -> None:
    """Entry of `canslim-collector`, configured by the environment alone."""
    try:
        settings = read_settings()
        provider = create_provider(settings)
    except (SettingsError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - there is no log yet.
        sys.exit(2)
    configure_logging(settings.log_format)
    sys.exit(run_collector(settings, provider))


def run_collector(settings: Settings, provider: Provider) -> int:
    stages = {COLLECT.name: partial(collect_stock_data, provider)}
    return run_worker(settings, COLLECT.queue, settings.collector_threads or provider.habits.tasks, stages)


if __name__ == "__main__":
    main()
