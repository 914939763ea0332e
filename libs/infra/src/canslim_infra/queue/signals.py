"""Hints that a job has changed, over Redis pub/sub. A hint may be lost; whoever waits also polls."""

import asyncio
from contextlib import suppress
from uuid import UUID
from weakref import WeakValueDictionary

import redis
import redis.asyncio

from canslim_infra.queue.redis_clients import NAMESPACE

CHANNEL = f"{NAMESPACE}:job-changed"


async def announce(client: redis.asyncio.Redis, job_id: UUID) -> None:
    with suppress(redis.RedisError, OSError):
        await client.publish(CHANNEL, str(job_id))


class JobSignals:
    """Wakes everybody in this process who waits for a job; those who wait keep its event alive."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client
        self._changed: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()

    async def wait(self, job_id: UUID, timeout: float) -> None:
        """Returns after the next change of the job, or after `timeout` seconds."""
        event = self._changed.setdefault(str(job_id), asyncio.Event())
        with suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), timeout)

    async def run(self) -> None:
        """Listens for ever; comes back by itself after Redis was away."""
        while True:
            with suppress(redis.RedisError, OSError):
                async with self._client.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    while True:
                        await self._receive(channel)
            await asyncio.sleep(1)

    async def _receive(self, channel: redis.asyncio.client.PubSub) -> None:
        message = await channel.get_message(ignore_subscribe_messages=True, timeout=1)
        if message is not None and (event := self._changed.pop(message["data"].decode(errors="replace"), None)):
            event.set()
