"""A whole installation of real processes that a test may hurt; what dies starts again, as under `canslim up`."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import redis

from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.servers import EMPTY_ALL, sql

TOKEN = "a-token-of-the-tests-alone"
#: Seconds a dead process stays away.
RESTART_AFTER = 0.5
#: Two collectors, for that is the pool most faults hit.
POOLS = (("api", 1), ("collector", 2), ("scoring", 1))


@dataclass
class Member:
    """One process, started again whenever it ends by itself."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)
    kept: bool = True

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log)

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Cluster:
    def __init__(self, postgres: EmbeddedPostgres, redis: EmbeddedValkey, folder: Path, **settings: str) -> None:
        self.postgres = postgres
        self.redis = redis
        port = free_port()
        self.environment = os.environ | {
            "CANSLIM_DATABASE_URL": postgres.url,
            "CANSLIM_REDIS_URL": redis.url,
            "CANSLIM_PROVIDER": "synthetic",
            "CANSLIM_ADMIN_TOKEN": TOKEN,
            "CANSLIM_API_PORT": str(port),
            "CANSLIM_METRICS_PORT": "0",
            "CANSLIM_DRAIN_SECONDS": "10",
            **settings,
        }
        self.folder = folder
        self.members: list[Member] = []
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10
        )
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def start(self, pools: Sequence[tuple[str, int]]) -> None:
        for name, count in pools:
            for _ in range(count):
                self.add(name, ["-m", f"canslim_{name}"])
        self._keeper.start()
        self.until(self._ready, "the API is ready")

    def add(self, name: str, arguments: list[str], **settings: str) -> Member:
        log = self.folder / f"{name}-{len(self.members)}.log"
        member = Member(name, [sys.executable, *arguments], self.environment | settings, log)
        member.start()
        self.members.append(member)
        return member

    def remove(self, member: Member) -> None:
        member.kill()
        self.members.remove(member)

    def close(self) -> None:
        self._closing.set()
        if self._keeper.is_alive():
            self._keeper.join()
        for member in self.members:
            member.kill()
        self.http.close()

    def reset(self) -> None:
        """As new: all servers and processes there, nothing stored. Numbers go on, so that no old message fits."""
        for server in (self.postgres, self.redis):
            server.resume()
            if not server.running:
                server.start()
        for member in self.members:
            member.kept = True
        with redis.Redis.from_url(self.redis.url) as client:
            client.flushall()
        sql(self.postgres.url, EMPTY_ALL)
        self.until(self._complete, "every process runs")

    def of(self, name: str) -> list[Member]:
        return [member for member in self.members if member.name == name]

    def stop(self, name: str) -> None:
        """Ends a pool for good."""
        for member in self.of(name):
            member.kept = False
            member.kill()

    def refresh(self) -> str:
        answer = self.http.post("/screener/refresh", json={})
        assert answer.status_code == 202, answer.text
        job_id: str = answer.json()["job_id"]
        return job_id

    def job(self, job_id: str) -> dict[str, Any]:
        status: dict[str, Any] = self.http.get(f"/screener/jobs/{job_id}").json()
        return status

    def finished(self, job_id: str, seconds: float = 90) -> dict[str, Any]:
        """The job once it has finished, whoever is away meanwhile."""
        ended = f"SELECT state FROM job WHERE finished_at IS NOT NULL AND id = '{job_id}'"
        self.until(lambda: bool(self.ask(ended)), f"job {job_id} has finished", seconds)
        self.until(self._ready, "the API is ready")
        return self.job(job_id)

    def until_collected(self, job_id: str, symbols: int) -> None:
        """Waits for the middle of stage `collect`."""
        query = f"SELECT done >= {symbols} FROM job WHERE id = '{job_id}'"
        self.until(lambda: self.ask(query) == "t", f"{symbols} symbols are collected")

    def running_tasks(self, member: Member) -> list[int]:
        """The tasks that a process has claimed."""
        rows = self.ask(f"SELECT id FROM job_task WHERE state = 'running' AND owner LIKE '%/{member.pid}/%'")
        return [int(row) for row in rows.split()]

    def ask(self, statement: str) -> str:
        """One statement's rows as text; nothing while PostgreSQL is away."""
        try:
            return sql(self.postgres.url, statement)
        except AssertionError:
            return ""

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s: {what}\n{self.report()}")
            time.sleep(0.05)

    def report(self) -> str:
        """What a person needs to see of a test that failed."""
        tasks = self.ask("SELECT id, stage, state, attempt, crashes, owner, due_at, sent_at, error FROM job_task")
        logs = [
            "\n".join([f"--- {path.name}", *path.read_text(errors="replace").splitlines()[-25:]])
            for path in sorted(self.folder.glob("*.log"))
        ]
        return "\n".join([tasks, self.ask("SELECT * FROM job"), *logs])

    def _complete(self) -> bool:
        return self._ready() and all(member.process.poll() is None for member in self.members)

    def _ready(self) -> bool:
        try:
            return self.http.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def _keep(self) -> None:
        while not self._closing.wait(0.1):
            for member in self.members:
                if member.kept and member.process.poll() is not None:
                    time.sleep(RESTART_AFTER)
                    if not self._closing.is_set() and member.kept:
                        member.start()


@contextmanager
def running(
    postgres: EmbeddedPostgres,
    redis: EmbeddedValkey,
    folder: Path,
    pools: Sequence[tuple[str, int]] = POOLS,
    **settings: str,
) -> Iterator[Cluster]:
    cluster = Cluster(postgres, redis, folder, **settings)
    try:
        cluster.start(pools)
        yield cluster
    finally:
        cluster.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
