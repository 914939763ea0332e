"""Probes: alive says only that this process answers, ready that PostgreSQL does."""

import redis
from starlette.responses import JSONResponse, Response

from canslim_api.endpoints import Body, Call, Query
from canslim_core.errors import StoreUnavailable


async def alive(call: Call[Query, Body]) -> Response:
    return JSONResponse({"status": "ok"})


async def ready(call: Call[Query, Body]) -> Response:
    """Without Redis the API still takes jobs, so it stays ready and says so."""
    try:
        async with call.services.database.reading() as connection:
            await connection.fetchval("SELECT 1")
        postgresql = "ok"
    except StoreUnavailable as error:
        postgresql = str(error)
    try:
        await call.services.redis.ping()
        queue = "ok"
    except (redis.RedisError, OSError) as error:
        queue = f"away, jobs start when it is back: {type(error).__name__}"
    healthy = postgresql == "ok"
    return JSONResponse({"postgresql": postgresql, "redis": queue}, 200 if healthy else 503)
