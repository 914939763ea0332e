"""How to reach an embedded server: a port of 127.0.0.1 and a password, kept beside its files."""

import json
import secrets
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from canslim_cli.places import write_private


@dataclass(frozen=True)
class Access:
    port: int
    password: str

    @classmethod
    def to(cls, directory: Path) -> "Access":
        """That of the last run, or a new one."""
        with suppress(FileNotFoundError):
            return cls(**json.loads((directory / "access.json").read_text()))
        return cls(free_port(), secrets.token_urlsafe(24)).keep(directory)

    def moved(self, directory: Path) -> "Access":
        """With another port."""
        return Access(free_port(), self.password).keep(directory)

    def keep(self, directory: Path) -> "Access":
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(directory / "access.json", json.dumps(asdict(self)))
        return self


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: connections of the last run that linger take nothing from them.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
