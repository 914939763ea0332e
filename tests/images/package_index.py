"""A package index that has nothing and wants a password: whoever builds behind one gives the builder its address."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

PASSWORD = "a-password-that-stays-outside"


class EmptyIndex:
    def __init__(self) -> None:
        self.asked_by: set[str] = set()
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = "Basic " + base64.b64encode(f"ci:{PASSWORD}".encode()).decode()
                known = self.headers["Authorization"] == wanted
                if known:
                    index.asked_by.add(self.headers["User-Agent"].partition("/")[0])
                self.send_response(404 if known else 401)
                self.send_header("WWW-Authenticate", "Basic")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name.
                """It is not news."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://ci:{PASSWORD}@127.0.0.1:{self._server.server_port}/simple/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
