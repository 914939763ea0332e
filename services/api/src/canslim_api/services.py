"""What the handlers work with; made once a process."""

from dataclasses import dataclass

import redis.asyncio

from canslim_core.universes import UNIVERSES
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.jobs import PostgresTransactions
from canslim_infra.postgres.universes import own_lists
from canslim_infra.queue.relay import Relay
from canslim_infra.queue.signals import JobSignals
from canslim_infra.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    database: Database
    redis: redis.asyncio.Redis
    transactions: PostgresTransactions
    relay: Relay
    signals: JobSignals

    @property
    def universes(self) -> tuple[str, ...]:
        return UNIVERSES[self.settings.provider]

    async def known_universes(self) -> tuple[str, ...]:
        """What a request may name: the provider's universes and the own lists."""
        own = await own_lists(self.database)
        return (*self.universes, *(name for name in own if name not in self.universes))

    @property
    def default_universe(self) -> str:
        return self.settings.universe or self.universes[0]
