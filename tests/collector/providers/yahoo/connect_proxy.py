"""A proxy in this process: it leads every CONNECT to one port, whatever host it names, and remembers the hosts."""

import socket
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from types import TracebackType
from typing import Self


class Server(ThreadingTCPServer):
    daemon_threads = True


class ConnectProxy:
    """to: a port of this machine; without one every tunnel is refused."""

    def __init__(self, to: int | None = None) -> None:
        #: What was asked for, as `host:port` or as a whole URL.
        self.targets: list[str] = []
        self._to = to
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(proxy) -> type[StreamRequestHandler]:  # noqa: N805 - the handler has a self of its own.
        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                method, target, _ = self.rfile.readline().decode().split(" ")
                proxy.targets.append(target)
                while self.rfile.readline().strip():
                    pass
                if method != "CONNECT" or proxy._to is None:
                    self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    return
                with socket.create_connection(("127.0.0.1", proxy._to)) as tunnel:
                    self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    back = Thread(target=_pump, args=(tunnel, self.connection), daemon=True)
                    back.start()
                    _pump(self.connection, tunnel)
                    back.join()

        return Handler


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
