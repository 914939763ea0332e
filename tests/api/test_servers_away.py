"""What the API answers while PostgreSQL or Redis is away."""

import asyncio
import time

import httpx
import pytest

from canslim_api.endpoints import Endpoint
from canslim_api.routes import ENDPOINTS
from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from canslim_infra.postgres.connection import Database
from canslim_infra.queue.redis_clients import NAMESPACE, sender_client
from tests.api.running import ADMIN, NOWHERE, client_of, problem, running, settings
from tests.api.test_access import path_of

STORED = [
    endpoint
    for endpoint in ENDPOINTS
    # The catalogue is part of the program.
    if endpoint.path.startswith("/screener/") and endpoint.path != "/screener/ratings"
]


async def test_without_redis_jobs_are_taken_quickly_and_sent_when_it_is_back(
    database: Database, api_database_url: str, own_redis: EmbeddedValkey
) -> None:
    own_redis.kill()
    async with running(settings(api_database_url, own_redis.url)) as app, client_of(app, ADMIN) as client:
        started = time.monotonic()
        response = await client.post("/screener/refresh")
        assert response.status_code == 202
        assert time.monotonic() - started < 1
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["postgresql"]) == (200, "ok")
        assert ready.json()["redis"].startswith("away, jobs start when it is back")
        own_redis.start()
        await sent(own_redis.url)


async def sent(url: str) -> None:
    client = sender_client(url)
    async with asyncio.timeout(15):
        while not await client.llen(f"{NAMESPACE}:collector"):  # noqa: ASYNC110 - what another server holds.
            await asyncio.sleep(0.1)
    await client.aclose()


#: Of endpoints that need one.
BODIES = {"/screener/universes/{name}": {"symbols": ["NKE"]}, "/screener/backfill": {"from": "2017-03-01"}}


@pytest.mark.parametrize("endpoint", STORED, ids=lambda one: f"{one.method} {one.path}")
async def test_without_postgresql_everything_stored_is_unavailable(redis_url: str, endpoint: Endpoint) -> None:
    async with running(settings(f"postgresql://{NOWHERE}/x", redis_url)) as app, client_of(app, ADMIN) as client:
        response = await client.request(endpoint.method, path_of(endpoint), json=BODIES.get(endpoint.path))
        assert "PostgreSQL can't be reached" in problem(response, 503)["detail"]
        assert response.headers["retry-after"] == "2"


async def test_without_postgresql_the_process_lives_and_is_not_ready(redis_url: str) -> None:
    async with running(settings(f"postgresql://{NOWHERE}/x", redis_url)) as app, client_of(app) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["redis"]) == (503, "ok")
        assert "can't be reached" in ready.json()["postgresql"]


async def test_the_same_process_answers_again_when_postgresql_is_back(
    own_postgres: EmbeddedPostgres, redis_url: str
) -> None:
    async with running(settings(own_postgres.url, redis_url)) as app, client_of(app, ADMIN) as client:
        job_id = (await client.post("/screener/refresh")).json()["job_id"]
        own_postgres.kill()
        # A killed server's sessions outlive it by a moment.
        async with asyncio.timeout(10):
            while (answer := await client.get(f"/screener/jobs/{job_id}")).is_success:
                pass
        problem(answer, 503)
        problem(await client.post("/screener/refresh"), 503)
        own_postgres.start()
        assert (await client.get(f"/screener/jobs/{job_id}")).json()["state"] == "queued"
        assert (await client.get("/readyz")).json() == {"postgresql": "ok", "redis": "ok"}


async def test_shutting_down_never_waits_for_servers_that_are_away() -> None:
    started = time.monotonic()
    async with running(settings(f"postgresql://{NOWHERE}/x", f"redis://{NOWHERE}")):
        await asyncio.sleep(0.1)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("turns", range(5, 60, 6))
async def test_shutting_down_while_redis_is_being_connected_ends(api: httpx.AsyncClient, turns: int) -> None:
    """Each turn is another place in redis-py's connect, and some of them swallow a cancellation."""
    app = api._transport.app  # type: ignore[attr-defined]
    async with asyncio.timeout(60), app.router.lifespan_context(app):
        for _ in range(turns):
            await asyncio.sleep(0)
