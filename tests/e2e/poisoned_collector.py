"""A collector that dies, as if out of memory, whenever it is to fetch one symbol: `poisoned_collector.py SYMBOL`."""

import os
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import date

from canslim_collector.main import run_collector
from canslim_collector.provider import Answer, Ask, Failure, Listing, Provider
from canslim_collector.providers import create_provider
from canslim_infra.settings import read_settings
from canslim_infra.telemetry import configure_logging


class Poisoned:
    """A provider's answers, but for one symbol."""

    def __init__(self, provider: Provider, symbol: str) -> None:
        self.name = provider.name
        self._provider = provider
        self._symbol = symbol

    async def revision(self) -> str:
        return await self._provider.revision()

    async def session(self) -> date:
        return await self._provider.session()

    async def listings(self, universe: str) -> Sequence[Listing]:
        return await self._provider.listings(universe)

    def fetch(self, asks: Sequence[Ask]) -> AsyncIterator[Answer | Failure]:
        if any(ask.symbol == self._symbol for ask in asks):
            os._exit(9)
        return self._provider.fetch(asks)


if __name__ == "__main__":
    settings = read_settings()
    configure_logging(settings.log_format)
    sys.exit(run_collector(settings, Poisoned(create_provider(settings), sys.argv[1])))
