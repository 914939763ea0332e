"""A collector whose process dies whenever it is asked for one symbol: a fault no code of ours could catch."""

import os
import sys
from collections.abc import Sequence
from datetime import date

from canslim_collector.main import run_collector
from canslim_collector.provider import Ask, Fetched
from canslim_collector.providers.synthetic import Synthetic
from canslim_infra.settings import read_settings
from canslim_infra.telemetry import configure_logging

POISON = "SYN00123"


class Poisoned(Synthetic):
    async def fetch(self, asks: Sequence[Ask], session: date) -> Fetched:
        if any(ask.symbol == POISON for ask in asks):
            os._exit(9)
        return await super().fetch(asks, session)


if __name__ == "__main__":
    settings = read_settings()
    configure_logging(settings.log_format)
    sys.exit(run_collector(settings, Poisoned(symbols=settings.synthetic_symbols)))
