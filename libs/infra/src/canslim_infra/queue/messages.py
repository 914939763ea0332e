"""Sends wake-up messages in bulk, without a broker or worker code."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import redis.asyncio
from dramatiq import Message

from canslim_core.stages import STAGES
from canslim_infra.postgres.due_tasks import DueTask
from canslim_infra.queue.redis_clients import NAMESPACE

#: A worker counts as alive so long after its last command to Redis.
ALIVE_MS = 30_000


async def send(client: redis.asyncio.Redis, tasks: Sequence[DueTask]) -> None:
    """One transaction for all queues; what was tried before goes first. Raises redis.RedisError or OSError."""
    async with client.pipeline(transaction=True) as pipeline:
        for queue in sorted({STAGES[task.stage].queue for task in tasks}):
            own = [(task, *_encode(task)) for task in tasks if STAGES[task.stage].queue == queue]
            bodies: dict[Any, Any] = {redis_id: body for _, redis_id, body in own}
            pipeline.hset(f"{NAMESPACE}:{queue}.msgs", mapping=bodies)
            # Workers take from the left.
            if first := [redis_id for task, redis_id, _ in own if task.again]:
                pipeline.lpush(f"{NAMESPACE}:{queue}", *first)
            if last := [redis_id for task, redis_id, _ in own if not task.again]:
                pipeline.rpush(f"{NAMESPACE}:{queue}", *last)
        await pipeline.execute()


async def waiting(client: redis.asyncio.Redis) -> dict[str, int]:
    """Messages that wait in each stage's queue. Raises redis.RedisError or OSError."""
    queues = sorted({stage.queue for stage in STAGES.values()})
    async with client.pipeline(transaction=False) as pipeline:
        for queue in queues:
            pipeline.llen(f"{NAMESPACE}:{queue}")
        lengths = dict(zip(queues, await pipeline.execute(), strict=True))
    return {stage.name: lengths[stage.queue] for stage in STAGES.values()}


@dataclass(frozen=True, slots=True)
class Queues:
    """messages: by queue and state, `waiting` or `fetched` by a worker and not acknowledged. workers: alive."""

    messages: dict[tuple[str, str], int]
    workers: int


async def read_queues(client: redis.asyncio.Redis) -> Queues:
    """What Dramatiq keeps of messages and workers. Raises redis.RedisError or OSError."""
    queues = sorted({stage.queue for stage in STAGES.values()})
    heartbeats = f"{NAMESPACE}:__heartbeats__"
    known: list[Any] = [name.decode() for name in await client.zrange(heartbeats, 0, -1)]  # type: ignore[union-attr]
    async with client.pipeline(transaction=True) as pipeline:
        pipeline.time()
        pipeline.zrange(heartbeats, 0, -1, withscores=True)
        for queue in queues:
            pipeline.llen(f"{NAMESPACE}:{queue}")
            for worker in known:
                pipeline.scard(f"{NAMESPACE}:__acks__.{worker}.{queue}")
        (seconds, micros), beats, *counts = await pipeline.execute()
    now = seconds * 1000 + micros / 1000
    messages: dict[tuple[str, str], int] = {}
    for number, queue in enumerate(queues):
        waiting, *fetched = counts[number * (1 + len(known)) : (number + 1) * (1 + len(known))]
        messages |= {(queue, "waiting"): waiting, (queue, "fetched"): sum(fetched)}
    return Queues(messages, sum(now - beat < ALIVE_MS for _, beat in beats))


def _encode(task: DueTask) -> tuple[str, bytes]:
    """A message's Redis id and body, as Dramatiq's RedisBroker would have enqueued it."""
    stage = STAGES[task.stage]
    redis_id = str(uuid4())
    message: Message[None] = Message(
        queue_name=stage.queue,
        actor_name=stage.actor,
        args=(task.id,),
        kwargs={},
        options={"redis_message_id": redis_id},
    )
    return redis_id, message.encode()
