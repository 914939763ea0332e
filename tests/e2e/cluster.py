"""Real processes on real servers: killed, stopped and restarted by the tests, kept alive by a thread."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from canslim_cli.supervisor.tied import tied
from canslim_infra.migrations import upgrade
from tests.servers import temporary_directory, temporary_postgres, temporary_valkey

TOKEN = "a-token-of-the-tests"
#: From a death to the restart, as in `canslim up`.
RESTART_AFTER = 0.5
COLLECTORS = ("collector-0", "collector-1")
MODULES = {
    "api": "canslim_api.main",
    "scoring": "canslim_scoring.main",
    **dict.fromkeys(COLLECTORS, "canslim_collector.main"),
}
#: 13 batches of about 1.3 s on 4 threads: a collect of some 6 s, so that faults land inside.
PIPELINE = {
    "CANSLIM_PROVIDER": "synthetic",
    "CANSLIM_SYNTHETIC_SYMBOLS": "600",
    "CANSLIM_SYNTHETIC_LATENCY_MS": "300",
    "CANSLIM_COLLECTOR_THREADS": "2",
    "CANSLIM_METRICS_PORT": "0",
}


@dataclass
class Member:
    """One process of the cluster. `restarts`: whether a dead one is started again."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    restarts: bool = True
    process: subprocess.Popen[bytes] | None = None
    died: float | None = None
    #: Bytes of the log that belong to earlier tests.
    seen: int = 0

    @property
    def lines(self) -> list[str]:
        """What the process, and those before it, said in this test."""
        with self.log.open("rb") as log:
            log.seek(self.seen)
            return log.read().decode(errors="replace").splitlines()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Cluster:
    """An API, two collectors and scoring on servers of their own."""

    directory: Path
    postgres: EmbeddedPostgres
    redis: EmbeddedValkey
    port: int
    members: dict[str, Member] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _closed: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return service_environment() | {
            **PIPELINE,
            "CANSLIM_DATABASE_URL": self.postgres.url,
            "CANSLIM_REDIS_URL": self.redis.url,
            "CANSLIM_ADMIN_TOKEN": TOKEN,
            "CANSLIM_API_PORT": str(self.port),
        }

    def run(self, name: str, argv: Sequence[str] | None = None, **env: str) -> Member:
        """Starts a process, in place of one with the same name."""
        with self._lock:
            self.end(name)
            log = self.directory / f"{name}.log"
            log.touch()
            module = MODULES[name]
            member = Member(name, argv or (sys.executable, "-m", module), self.environment | env, log)
            member.seen = log.stat().st_size
            self.members[name] = member
            self._start(member)
        return member

    def start(self, name: str) -> None:
        """Starts a process that was not to be restarted."""
        with self._lock:
            self.members[name].restarts = True
            self._start(self.members[name])

    def send(self, name: str, signum: signal.Signals, *, restarts: bool = True) -> int:
        """Sends a signal and returns the process's number."""
        with self._lock:
            member = self.members[name]
            member.restarts = restarts
            assert member.process is not None
            member.process.send_signal(signum)
            return member.process.pid

    def exit_code(self, name: str, within: float) -> int:
        process = self.members[name].process
        assert process is not None
        return process.wait(within)

    def pid(self, name: str) -> int:
        process = self.members[name].process
        assert process is not None
        return process.pid

    def end(self, name: str) -> None:
        with self._lock:
            member = self.members.get(name)
            if member is not None and member.process is not None:
                member.restarts = False
                member.process.kill()
                member.process.wait()

    def refresh_members(self) -> None:
        """Every server and every process as at the start, nothing of earlier tests in the logs."""
        for server in (self.postgres, self.redis):
            server.resume()
            if not server.running:
                server.start()
        for name, module in MODULES.items():
            member = self.members.get(name)
            plain = (sys.executable, "-m", module)
            if member is None or not member.alive or member.argv != plain or member.env != self.environment:
                self.run(name)
        for member in self.members.values():
            self.send(member.name, signal.SIGCONT)
            member.seen = member.log.stat().st_size if "worker_started" in "".join(member.lines) else member.seen
        self.wait_ready()

    def wait_ready(self, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while not self._ready():
            assert time.monotonic() < until, f"not ready:\n{self.last_words()}"
            time.sleep(0.05)

    def last_words(self, lines: int = 15) -> str:
        return "\n".join(f"--- {member.name}\n" + "\n".join(member.lines[-lines:]) for member in self.members.values())

    def watch(self) -> None:
        """Starts again what dies, until `close`. Runs in a thread."""
        while not self._closed.wait(0.05):
            with self._lock:
                for member in self.members.values():
                    self._keep(member)

    def close(self) -> None:
        with self._lock:
            self._closed.set()
            for name in self.members:
                self.end(name)

    def _keep(self, member: Member) -> None:
        if member.alive or not member.restarts:
            member.died = None
        elif member.died is None:
            member.died = time.monotonic()
        elif time.monotonic() - member.died >= RESTART_AFTER:
            self._start(member)

    def _start(self, member: Member) -> None:
        member.died = None
        with member.log.open("ab") as log:
            member.process = subprocess.Popen(
                # Should the tests be killed, the kernel ends the processes.
                tied(list(member.argv), signal.SIGKILL),
                env=dict(member.env),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _ready(self) -> bool:
        workers = [member for name, member in self.members.items() if name != "api"]
        if not all(member.alive and "worker_started" in member.log.read_text() for member in workers):
            return False
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).is_success
        except httpx.TransportError:
            return False


def service_environment() -> dict[str, str]:
    """What every process gets: nothing of the developer's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CANSLIM_")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    with temporary_directory() as directory, temporary_postgres() as postgres, temporary_valkey() as redis:
        upgrade(postgres.url)
        cluster = Cluster(directory, postgres, redis, free_port())
        keeper = threading.Thread(target=cluster.watch)
        keeper.start()
        try:
            yield cluster
        finally:
            cluster.close()
            keeper.join()
