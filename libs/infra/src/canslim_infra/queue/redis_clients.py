"""Redis clients that give up soon: what they could not do is done again later."""

import redis
import redis.asyncio
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

#: The hash tag keeps all keys in one slot of a Redis Cluster.
NAMESPACE = "{canslim}"

SOCKET_TIMEOUT = 5.0


def consumer_client(url: str) -> redis.Redis:
    """The broker's client: short retries; the consumer thread itself comes back every second."""
    return redis.Redis.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT,
        socket_connect_timeout=SOCKET_TIMEOUT,
        socket_keepalive=True,
        health_check_interval=15,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 2),
    )


def sender_client(url: str) -> redis.asyncio.Redis:
    """The relay's client: no retries, the relay comes by again."""
    return redis.asyncio.Redis.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT,
        socket_connect_timeout=SOCKET_TIMEOUT,
        socket_keepalive=True,
        retry=None,
    )
