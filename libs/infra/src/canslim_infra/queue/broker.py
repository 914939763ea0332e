"""Dramatiq's broker, reduced to what a wake-up call needs."""

from typing import Any

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import AsyncIO, CurrentMessage, Middleware, ShutdownNotifications, TimeLimit

from canslim_infra.queue.redis_clients import NAMESPACE, consumer_client

#: A worker silent for so long has died; its messages go back to the queue.
HEARTBEAT_TIMEOUT_MS = 15_000
#: Every call looks for dead workers (of a million).
ALWAYS = 1_000_000


class Consumer(_RedisConsumer):
    """Treats a hung, failed-over or refusing Redis as a lost connection, and survives garbage.

    Dramatiq knows only ConnectionError here (github.com/Bogdanp/dramatiq/issues/894), and an
    undecodable message would stop the consumer for good.
    """

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except (redis.TimeoutError, redis.ResponseError) as error:
            raise ConnectionClosed(error) from None
        except dramatiq.errors.DecodeError:
            self.logger.error("Dropped a message that is not ours.")
            return None

    def ack(self, message: Any) -> None:
        try:
            super().ack(message)
        except (redis.TimeoutError, redis.ResponseError) as error:
            raise ConnectionClosed(error) from None

    def nack(self, message: Any) -> None:
        try:
            super().nack(message)
        except (redis.TimeoutError, redis.ResponseError) as error:
            raise ConnectionClosed(error) from None

    def requeue(self, messages: Any) -> None:
        try:
            super().requeue(messages)
        except redis.RedisError as error:
            raise ConnectionClosed(error) from None


class WakeUpBroker(RedisBroker):
    """A RedisBroker whose consumers are ours."""

    @property
    def consumer_class(self) -> type[Consumer]:
        return Consumer


def create_broker(url: str, *middleware: Middleware) -> WakeUpBroker:
    """No retries, delays, results, pipelines or group callbacks: PostgreSQL has all of these."""
    return WakeUpBroker(
        client=consumer_client(url),
        namespace=NAMESPACE,
        maintenance_chance=ALWAYS,
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
        middleware=[TimeLimit(), ShutdownNotifications(), AsyncIO(), CurrentMessage(), *middleware],
    )
