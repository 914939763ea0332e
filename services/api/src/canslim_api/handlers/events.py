"""A job's events as a stream: what is stored first, then hints of news, and a poll if there are none."""

from collections.abc import AsyncIterator
from uuid import UUID

from sse_starlette import EventSourceResponse, JSONServerSentEvent, ServerSentEvent
from starlette.responses import Response

from canslim_api.endpoints import Body, Call, Query
from canslim_api.problems import wrong
from canslim_api.services import Services
from canslim_core.errors import StoreUnavailable
from canslim_infra.postgres.job_reads import read_events, read_job

#: Seconds without a hint after which PostgreSQL is asked.
POLL = 2.0
#: What a client should wait before it connects again.
RETRY_MS = 1000
#: Events are numbered in four bytes.
LAST_EVENT = 2**31 - 1


async def stream(call: Call[Query, Body]) -> Response:
    """Resumes after `Last-Event-ID`; ends with the job's `finished` event."""
    last = call.request.headers.get("last-event-id", "0")
    if not last.isdecimal() or len(last) > len(str(LAST_EVENT)) or int(last) > LAST_EVENT:
        raise wrong("header", "Last-Event-ID", f"must be a whole number up to {LAST_EVENT}, not {last[:40]!r}")
    job = await read_job(call.services.database, call.path["job_id"])
    return EventSourceResponse(_events(job.id, int(last), call.services), ping=15)


async def _events(job_id: UUID, last: int, services: Services) -> AsyncIterator[ServerSentEvent]:
    while True:
        # Asked first: what the job did until then is among the events read next.
        over = await _finished(job_id, services)
        try:
            events = await read_events(services.database, job_id, last)
        except StoreUnavailable:
            # The client keeps its connection, and hears more once PostgreSQL is back.
            events = []
        for event in events:
            last = event["seq"]
            content = event["data"] | {"at": event["at"].isoformat()}
            yield JSONServerSentEvent(content, event=event["type"], id=str(last), retry=RETRY_MS)
            if event["type"] == "finished":
                return
        if over:
            return
        await services.signals.wait(job_id, POLL)


async def _finished(job_id: UUID, services: Services) -> bool:
    """A client that resumes after the last event has nothing to wait for."""
    try:
        return (await read_job(services.database, job_id)).state.finished
    except StoreUnavailable:
        return False
