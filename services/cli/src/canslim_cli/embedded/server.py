"""What PostgreSQL and Valkey have in common: one child process on a port of 127.0.0.1 that it keeps."""

import json
import secrets
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from canslim_cli.supervisor.processes import end, running_in
from canslim_cli.supervisor.tied import Account, tied

#: Seconds until a start counts as failed; after a crash PostgreSQL first replays its log.
START_LIMIT = 60.0
#: Bytes of log kept from earlier runs, beside those of this one.
LOG_LIMIT = 16 << 20


class ServerFailed(Exception):
    """An embedded server did not start; the message ends with the last lines of its log."""


@dataclass(frozen=True)
class Access:
    """How to reach a server. Kept in its directory, for the owner's eyes only."""

    port: int
    password: str


class EmbeddedServer(ABC):
    """`start` and `stop` block; each may follow the other any number of times."""

    #: The program's name as the process table shows it.
    program: str
    #: Asks for a quick, clean end. The kernel sends it too when this process dies (Linux).
    stop_signal: signal.Signals

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        #: Where the program works: its working directory tells its processes from all others.
        self.home = self.directory / "files"
        self.log = self.directory / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._access: Access | None = None

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    def _prepare(self, access: Access) -> None:
        """Makes what the first start needs. May be called before every start."""

    @abstractmethod
    def _command(self, port: int) -> list[str]: ...

    @abstractmethod
    def _ready(self, pid: int) -> bool: ...

    def _account(self) -> Account | None:
        return None

    @property
    def access(self) -> Access:
        if self._access is None:
            self._access = self._kept_access() or Access(free_port(), secrets.token_urlsafe(24))
            self._keep_access(self._access)
        return self._access

    def start(self) -> None:
        """Starts the server and waits until it answers. Ends one that an earlier run left in the directory."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.end_leftovers()
        self._prepare(self.access)
        # Once the server has run, others know its port.
        movable = self._process is None
        if movable and not is_free(self.access.port):
            self._move()
        try:
            self._run()
        except ServerFailed:
            # Another program may have taken the port in between.
            if not movable or is_free(self.access.port):
                raise
            self._move()
            self._run()

    def stop(self, patience: float = 30.0) -> None:
        """Stops the server cleanly; after `patience` seconds, not cleanly (its log makes up for it)."""
        if self._process is None:
            return
        # A paused process takes no other signal.
        self._process.send_signal(signal.SIGCONT)
        for signum, seconds in ((self.stop_signal, patience), (signal.SIGQUIT, 0.5), (signal.SIGKILL, None)):
            self._process.send_signal(signum)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
                break

    def restart(self) -> None:
        """Stops and starts on the same port."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """SIGKILL, as the out-of-memory killer does it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """Takes connections but answers nothing, as a hung machine does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self.running else None

    def end_leftovers(self) -> None:
        end(
            running_in(str(self.home), self.program),
            (signal.SIGCONT, 0.0),
            (self.stop_signal, 10.0),
            (signal.SIGQUIT, 2.0),
        )

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old"))
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            self._process = process = subprocess.Popen(  # noqa: S603 - a program from our own wheels.
                tied(self._command(self.access.port), self.stop_signal, self._account()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env=ENVIRONMENT,
                # Ctrl-C in the terminal must not stop it before those who use it.
                start_new_session=True,
            )
        answered = wait_until(lambda: process.poll() is not None or self._ready(process.pid), START_LIMIT)
        if not self.running or not answered:
            self.kill()
            lines = self.log.read_text(errors="replace").splitlines()[-8:]
            raise ServerFailed("\n  ".join([f"{self.program} did not start; {self.log} ends:", *lines]))

    def _move(self) -> None:
        self._access = Access(free_port(), self.access.password)
        self._keep_access(self._access)

    def _kept_access(self) -> Access | None:
        with suppress(FileNotFoundError):
            return Access(**json.loads((self.directory / "access.json").read_text()))
        return None

    def _keep_access(self, access: Access) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self.directory / "access.json", json.dumps(asdict(access)))


#: Nothing from the user's shell (PGPORT, PGOPTIONS, locale) reaches the servers.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def write_private(path: Path, text: str) -> None:
    """Replaces the file in one step; only the owner can read it."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)


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


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < until:
        time.sleep(0.02)
    return met
