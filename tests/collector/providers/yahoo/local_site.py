"""A small HTTP server in this process that answers as the test says, and remembers what came."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from tests.yahoo.server_process import YahooServer

#: What a forwarder says anew.
OWN_HEADERS = ("content-length", "connection", "transfer-encoding")


@dataclass(frozen=True)
class Request:
    """Header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Request], Reply]


class LocalSite:
    """tls: speaks HTTPS with it."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self._answer = answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.socket.close()

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def respond(self, request: Request) -> Reply:
        self.requests.append(request)
        return self._answer(request)

    def _handler(site) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler has a self of its own.
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            #: One packet an answer: two wait for each other.
            wbufsize = -1

            def serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = site.respond(Request(self.command, self.path, headers, body))
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = serve  # noqa: N815 - http.server looks for these names.

            def log_message(self, *args: object) -> None:
                """Nobody reads it."""

        return Handler


def passed_on_to(server: YahooServer, instead: Mapping[str, Answer] | None = None) -> Answer:
    """Asks the server of Yahoo's formats; `instead` answers itself for some paths."""

    def answer(request: Request) -> Reply:
        if instead and (own := instead.get(request.path)) is not None:
            return own(request)
        return asked(server, request)

    return answer


def asked(server: YahooServer, request: Request) -> Reply:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request(request.method, request.target, request.body or None, dict(request.headers))
        response = connection.getresponse()
        headers = {name: value for name, value in response.getheaders() if name.lower() not in OWN_HEADERS}
        return Reply(response.status, response.read(), headers)
    finally:
        connection.close()


def always(reply: Reply) -> Answer:
    return lambda _: reply


def in_turn(*answers: Answer) -> Answer:
    """One answer after the other; the last one stays."""
    left = list(answers)
    return lambda request: (left.pop(0) if len(left) > 1 else left[0])(request)
