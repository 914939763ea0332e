"""The progress stream: what is stored first, then what happens, resumable at any event."""

import asyncio
import time
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from canslim_api.handlers.events import POLL
from canslim_infra.postgres.connection import Database
from canslim_infra.queue.redis_clients import sender_client
from canslim_infra.queue.signals import CHANNEL, announce
from tests.api.running import fields, listening
from tests.api.worker import claim, complete, finish, list_members


@pytest.fixture
async def job_id(admin: httpx.AsyncClient) -> str:
    started: dict[str, Any] = (await admin.post("/screener/refresh")).json()
    return str(started["job_id"])


async def test_a_finished_job_is_told_from_its_creation_to_its_end(
    app: Starlette, database: Database, job_id: str
) -> None:
    await complete(database, job_id, "A", "B", failed=("B",))
    started = time.monotonic()
    async with listening(app, job_id) as stream:
        events = await stream.rest()
    assert time.monotonic() - started < POLL
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert [event.type for event in events] == [
        "created",
        "stage_started",
        "progress",
        "progress",
        "stage_started",
        "progress",
        "stage_started",
        "progress",
        "finished",
    ]
    assert events[-1].data["state"] == "completed"
    assert [event.data["stage"] for event in events if event.type == "stage_started"] == ["collect", "rs", "score"]
    assert all("at" in event.data for event in events)


@pytest.mark.parametrize("last", [0, 1, 4, 8])
async def test_a_stream_resumes_after_the_last_event(
    app: Starlette, database: Database, job_id: str, last: int
) -> None:
    await complete(database, job_id, "A")
    async with listening(app, job_id, last) as stream:
        assert [event.id for event in await stream.rest()] == list(range(last + 1, 10))


@pytest.mark.parametrize("last", [9, 10, 2**31 - 1])
async def test_a_stream_resumed_after_the_end_ends(app: Starlette, database: Database, job_id: str, last: int) -> None:
    await complete(database, job_id, "A")
    async with listening(app, job_id, last) as stream:
        assert await stream.rest() == []


@pytest.mark.parametrize("last", ["-1", "1.5", "x", "2147483648", "9" * 5000])
async def test_a_last_event_that_is_no_number_is_refused(api: httpx.AsyncClient, job_id: str, last: str) -> None:
    response = await api.get(f"/screener/jobs/{job_id}/events", headers={"Last-Event-ID": last})
    assert fields(response, 422) == [("header", "Last-Event-ID")]


async def test_news_comes_at_once_after_a_hint(app: Starlette, database: Database, job_id: str, redis_url: str) -> None:
    hints = sender_client(redis_url)
    async with listening(app, job_id, last=1) as stream:
        await subscribed(hints)
        await list_members(database, job_id, "A")
        started = time.monotonic()
        await announce(hints, UUID(job_id))
        assert (await stream.next()).type == "stage_started"  # type: ignore[union-attr]
        assert time.monotonic() - started < 1
    await hints.aclose()


async def subscribed(client: Any) -> None:
    """Waits until the API listens for hints."""
    while not dict(await client.pubsub_numsub(CHANNEL)).get(CHANNEL.encode()):  # noqa: ASYNC110 - in Redis.
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)


async def test_news_comes_without_a_hint_too_and_the_end_ends_the_stream(
    app: Starlette, database: Database, job_id: str
) -> None:
    async with listening(app, job_id) as stream:
        assert (await stream.next()).type == "created"  # type: ignore[union-attr]
        await complete(database, job_id, "A")
        types = [(await stream.next()).type for _ in range(8)]  # type: ignore[union-attr]
        assert types[-1] == "finished"
        assert await stream.next(seconds=POLL / 2) is None


async def test_two_listeners_hear_the_same(app: Starlette, database: Database, job_id: str) -> None:
    async with listening(app, job_id) as one, listening(app, job_id) as other:
        await complete(database, job_id, "A")
        assert await one.rest() == await other.rest()


async def test_a_listener_who_leaves_disturbs_nobody(app: Starlette, database: Database, job_id: str) -> None:
    async with listening(app, job_id) as stays:
        async with listening(app, job_id) as leaves:
            await leaves.next()
        await finish(database, await claim(database, job_id), total=0, spawn=[])
        assert [event.type for event in [await stays.next(), await stays.next()] if event] == [
            "created",
            "stage_started",
        ]


async def test_a_cancelled_job_ends_its_stream(app: Starlette, admin: httpx.AsyncClient, job_id: str) -> None:
    await admin.post(f"/screener/jobs/{job_id}/cancel")
    async with listening(app, job_id) as stream:
        assert [(event.type, event.data.get("state")) for event in await stream.rest()] == [
            ("created", None),
            ("finished", "cancelled"),
        ]
