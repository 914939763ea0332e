"""What PostgreSQL and Valkey have in common: one child process on a port that it keeps."""

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self

import psutil

from canslim_cli.embedded.access import Access, is_free
from canslim_cli.supervisor.processes import end, running_in
from canslim_cli.supervisor.tied import Account, tied

#: Seconds until a start counts as failed. After a crash PostgreSQL first replays up to 2 GB of its log.
START_LIMIT = 300.0
#: Bytes of log kept from earlier runs, beside those of this one.
LOG_LIMIT = 16 << 20
#: Nothing from the user's shell (PGPORT, PGOPTIONS, locale) reaches the servers.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class ServerFailed(Exception):
    """An embedded server did not start; the message ends with the last lines of its log."""


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
        """Makes what the first start needs. Called before every start, when nothing runs."""

    @abstractmethod
    def _command(self, port: int) -> list[str]: ...

    @abstractmethod
    def _ready(self, pid: int) -> bool: ...

    def _account(self) -> Account | None:
        return None

    @property
    def access(self) -> Access:
        if self._access is None:
            self._access = Access.to(self.directory)
        return self._access

    def start(self, abandoned: Event | None = None) -> None:
        """Starts the server and waits until it answers. Ends one that an earlier run left in the directory.

        Raises ServerFailed when it dies, or when another thread sets `abandoned` in the meantime.
        """
        abandoned = abandoned or Event()
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.end_leftovers()
        self._prepare(self.access)
        # Once the server has run, others know its port.
        movable = self._process is None
        if movable and not is_free(self.access.port):
            self._access = self.access.moved(self.directory)
        try:
            self._run(abandoned)
        except ServerFailed:
            # Another program may have taken the port in between.
            if not movable or is_free(self.access.port):
                raise
            self._access = self.access.moved(self.directory)
            self._run(abandoned)

    def stop(self, patience: float = 30.0) -> None:
        """Stops the server cleanly; after `patience` seconds, not cleanly (its log makes up for it)."""
        if self._process is None:
            return
        # What is paused takes no other signal.
        self.resume()
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
        """From now on connections open and nothing is answered, as with a hung machine."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

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

    def _run(self, abandoned: Event) -> None:
        self._process = process = self._open()

        def settled() -> bool:
            return abandoned.is_set() or process.poll() is not None or self._ready(process.pid)

        if not wait_until(settled, START_LIMIT) or abandoned.is_set() or not self.running:
            self.kill()
            # Its children notice, but not at once.
            self.end_leftovers()
            lines = self.log.read_text(errors="replace").splitlines()[-8:]
            raise ServerFailed("\n  ".join([f"{self.program} did not start; {self.log} ends:", *lines]))

    def _open(self) -> subprocess.Popen[bytes]:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old"))
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - a program from our own wheels.
                tied(self._command(self.access.port), self.stop_signal, self._account()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env=ENVIRONMENT,
                # Ctrl-C in the terminal must not stop it before those who use it.
                start_new_session=True,
            )

    def _signal_all(self, signum: signal.Signals) -> None:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid) if self.pid else None
            for one in (process, *process.children()) if process else ():
                one.send_signal(signum)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < until:
        time.sleep(0.02)
    return met
