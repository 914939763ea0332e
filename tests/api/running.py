"""The API inside the test's own process."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette

from canslim_api.app import create_app
from canslim_infra.settings import Settings

TOKEN = "a-token-of-the-tests"
ADMIN = {"Authorization": f"Bearer {TOKEN}"}
#: Where nobody listens.
NOWHERE = "127.0.0.1:9"


def settings(database_url: str, redis_url: str, **others: Any) -> Settings:
    return Settings(database_url=database_url, redis_url=redis_url, admin_token=TOKEN, **others)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Starlette]:
    """The application between its start-up and its shutdown."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@asynccontextmanager
async def client_of(app: Starlette, headers: Mapping[str, str] | None = None) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as client:
        yield client


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem that the response reports, after a look at its form."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    content: dict[str, Any] = response.json()
    assert content.keys() - {"errors"} == {"type", "title", "status", "detail"}
    assert content["status"] == status
    return content


def fields(response: httpx.Response, status: int) -> list[tuple[str, str]]:
    """Where the wrong fields are, and their names; each is also named in the detail."""
    content = problem(response, status)
    errors = [(error["in"], error["field"]) for error in content.get("errors", [])]
    assert all(name in content["detail"] for _, name in errors)
    return errors


@dataclass(frozen=True)
class Event:
    id: int
    type: str
    data: dict[str, Any]


class Stream:
    """Reads server-sent events while they come; httpx's own transport waits for the end."""

    def __init__(self, app: Starlette, path: str, headers: Mapping[str, str]) -> None:
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._left = asyncio.Event()
        self._text = ""
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": encoded,
            "server": ("api", 80),
            "client": ("test", 1),
        }
        self._asked = False
        self._serving = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def next(self, seconds: float = 5) -> Event | None:
        """The next event; None at the end of the stream. Comments are skipped."""
        async with asyncio.timeout(seconds):
            while True:
                if (event := self._cut()) is not None:
                    return event
                if (chunk := await self._chunks.get()) is None:
                    return None
                self._text += chunk.decode().replace("\r\n", "\n")

    async def rest(self) -> list[Event]:
        """All events up to the end."""
        events = []
        while (event := await self.next()) is not None:
            events.append(event)
        return events

    async def close(self) -> None:
        self._left.set()
        with suppress(asyncio.CancelledError):
            async with asyncio.timeout(5):
                await self._serving

    def _cut(self) -> Event | None:
        while "\n\n" in self._text:
            block, _, self._text = self._text.partition("\n\n")
            lines = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
            if "data" in lines:
                return Event(int(lines["id"]), lines["event"], json.loads(lines["data"]))
        return None

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200
        elif message["type"] == "http.response.body":
            await self._chunks.put(message.get("body", b""))
            if not message.get("more_body", False):
                await self._chunks.put(None)


@asynccontextmanager
async def listening(app: Starlette, job_id: str, last: int | None = None) -> AsyncIterator[Stream]:
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    stream = Stream(app, f"/screener/jobs/{job_id}/events", headers)
    yield stream
    await stream.close()
