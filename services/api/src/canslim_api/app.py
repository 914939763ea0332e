"""Puts the API together."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache

from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.routing import Route

from canslim_api.endpoints import make_routes
from canslim_api.observed import Observed
from canslim_api.openapi import describe
from canslim_api.problems import EXCEPTION_HANDLERS
from canslim_api.routes import ENDPOINTS
from canslim_api.services import Services
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.jobs import PostgresTransactions
from canslim_infra.queue.redis_clients import sender_client
from canslim_infra.queue.relay import Relay
from canslim_infra.queue.signals import JobSignals
from canslim_infra.settings import Settings
from canslim_infra.state_metrics import StateMetrics

#: Connections of one API process.
POOL_SIZE = 10
#: A reader is told that PostgreSQL hangs, instead of waiting for it.
LONGEST_STATEMENT = timedelta(seconds=10)


def create_app(settings: Settings) -> Starlette:
    """The application, with its relay and reconciler inside; nothing connects before it starts."""
    database = Database(settings.database_url, size=POOL_SIZE, longest=LONGEST_STATEMENT)
    client = sender_client(settings.redis_url)
    services = Services(
        settings,
        database,
        client,
        PostgresTransactions(database),
        Relay(database, client),
        JobSignals(client),
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await database.open()
        state = StateMetrics(database, client)
        relay = services.relay
        work = (relay.keep_sending(), relay.keep_reconciling(), services.signals.run(), state.run())
        loops = [asyncio.create_task(loop) for loop in work]
        REGISTRY.register(state)
        yield
        REGISTRY.unregister(state)
        await _stop(loops)
        await client.aclose()
        await database.close()

    routes = [*make_routes(ENDPOINTS, services), Route("/", lambda _: RedirectResponse("/docs"))]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers=EXCEPTION_HANDLERS,
        middleware=[Middleware(Observed)],
    )
    # Made when somebody asks for it: that takes as long as the rest of the start.
    app.state.openapi = cache(lambda: describe(ENDPOINTS))
    return app


async def _stop(loops: Iterable[asyncio.Task[None]]) -> None:
    """Cancels until all have ended: redis-py swallows a cancellation that comes while it connects."""
    while running := [loop for loop in loops if not loop.done()]:
        for loop in running:
            loop.cancel()
        await asyncio.wait(running, timeout=0.1)
