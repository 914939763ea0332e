"""HTTP/1.1 on asyncio: connections are kept, requests of one connection are answered in their order."""

import asyncio
import socket
import struct
import zlib
from collections import deque
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol, cast

import httptools

from tests.yahoo.answer import Answer
from tests.yahoo.request import Request, request_of

#: Smaller bodies are sent as they are.
WORTH_ZIPPING = 512
#: The fastest: made-up digits hardly get smaller with more effort.
LEVEL = 1
KEPT_HEADERS = frozenset((b"host", b"x-yahoo-host", b"accept-encoding", b"cookie", b"user-agent", b"content-length"))
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Site(Protocol):
    def serve(self, request: Request, connection: "Connection") -> None:
        """Sees to it that the connection sends or ends, now or later."""

    def lost(self, connection: "Connection") -> None: ...


def encoded(answer: Answer, *, zipped: bool) -> bytes:
    """Head and body."""
    body, encoding = answer.body, ""
    if zipped and len(body) >= WORTH_ZIPPING:
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, 31)
        body, encoding = packer.compress(body) + packer.flush(), "Content-Encoding: gzip\r\n"
    extra = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
    head = (
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
        f"Content-Type: {answer.content_type}\r\nContent-Length: {len(body)}\r\n{encoding}{extra}"
        "Vary: Origin,Accept-Encoding\r\nCache-Control: no-store\r\nServer: ATS\r\n\r\n"
    )
    return head.encode() + body


@lru_cache(maxsize=4096)
def _text(value: bytes) -> str:
    """One object for equal values: a million records hold few agents and hosts."""
    return value.decode("latin-1")


class Connection(asyncio.Protocol):
    """One client's. Parser callbacks are httptools' names."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._busy = self._keep = False
        self._start()

    def _start(self) -> None:
        self._target, self._body, self._missing = b"", b"", 0
        self._headers: dict[str, str] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is none by its class.
        self._transport = cast("asyncio.Transport", transport)
        self.port: int = transport.get_extra_info("peername")[1]

    def data_received(self, data: bytes) -> None:
        while data and self._parser is not None:
            if self._missing:
                data = self._take_body(data)
                continue
            try:
                self._parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                # curl offers HTTP/2 with every request; who does not take it up goes on as before.
                data = data[upgrade.args[0] :]
            except httptools.HttpParserError:
                self._transport.close()
                return

    def connection_lost(self, exc: Exception | None) -> None:
        # The parser holds the connection, and the other way round.
        self._parser = None
        self._waiting.clear()
        self._site.lost(self)

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in KEPT_HEADERS:
            self._headers[_text(name)] = _text(value)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        assert self._parser is not None
        self._method, self._keeps = self._parser.get_method().decode("ascii"), self._parser.should_keep_alive()
        if self._parser.should_upgrade():
            # httptools skips the body of a request that offers another protocol.
            self._missing = int(self._headers.get("content-length", 0))
        if not self._missing:
            self._received()

    def _take_body(self, data: bytes) -> bytes:
        """What comes after it."""
        taken, rest = data[: self._missing], data[self._missing :]
        self._body += taken
        self._missing -= len(taken)
        if not self._missing:
            self._received()
        return rest

    def _received(self) -> None:
        target = self._target.decode("latin-1")
        request, keep = request_of(self._method, target, self._headers, self._body, self.port), self._keeps
        self._start()
        self._waiting.append((request, keep))
        if not self._busy:
            self._next()

    def send(self, response: bytes) -> None:
        """A whole response; then it is the next request's turn."""
        self._transport.write(response)
        if not self._keep:
            self._transport.close()
            return
        self._busy = False
        if self._waiting:
            self._next()

    def send_half(self, response: bytes) -> None:
        """The head and half the body that it promises, then the end."""
        start = response.index(b"\r\n\r\n") + 4
        self._transport.write(response[: start + (len(response) - start) // 2])
        self._transport.close()

    def reset(self) -> None:
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._transport.abort()

    def _next(self) -> None:
        request, self._keep = self._waiting.popleft()
        self._busy = True
        self._site.serve(request, self)
