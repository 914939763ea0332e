"""Puts scoring together."""

import sys

from canslim_core.stages import HISTORY, RS, SCORE
from canslim_infra.settings import SettingsError, read_settings
from canslim_infra.telemetry import configure_logging
from canslim_infra.tracing import configure_tracing
from canslim_infra.worker import run_worker
from canslim_scoring.stages.history import backfill_ratings
from canslim_scoring.stages.score import recalculate_canslim_score
from canslim_scoring.stages.strength import recalculate_rs_rating

STAGES = {
    RS.name: recalculate_rs_rating,
    SCORE.name: recalculate_canslim_score,
    HISTORY.name: backfill_ratings,
}


def main() -> None:
    try:
        settings = read_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - there is no log yet.
        sys.exit(2)
    configure_logging(settings.log_format)
    configure_tracing("scoring", settings.otlp_endpoint)
    sys.exit(run_worker(settings, RS.queue, settings.scoring_threads, STAGES))
