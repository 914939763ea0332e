"""A running installation as a test sees it: the API, the database, the processes that it may stop."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from tests.images.engine import Engine, until

TOKEN = "a-token-of-the-tests-alone"
METRICS_PORT = 9090


@dataclass(frozen=True)
class Container:
    """A process of canslim; `pod` is the container that holds its network, where it shares one."""

    engine: Engine
    name: str
    pod: str | None = None

    @property
    def address(self) -> str:
        networks = self.engine.inspect(self.pod or self.name)["NetworkSettings"]["Networks"]
        return str(next(iter(networks.values()))["IPAddress"])

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.engine.inspect(self.name)["State"]
        return state

    @property
    def hostname(self) -> str:
        return str(self.engine.inspect(self.name)["Config"]["Hostname"])

    @property
    def running(self) -> bool:
        return bool(self.state["Running"])

    def get(self, path: str, port: int = METRICS_PORT) -> httpx.Response:
        return httpx.get(f"http://{self.address}:{port}{path}", timeout=5)

    def ready(self, port: int = METRICS_PORT) -> bool:
        try:
            return self.get("/readyz", port).is_success
        except httpx.TransportError:
            return False

    def stopping(self, grace: int) -> subprocess.Popen[bytes]:
        """Stops it as an orchestrator does: SIGTERM, and SIGKILL once the grace period is over."""
        command = ["podman", "stop", "--time", str(grace), self.name]
        return subprocess.Popen(command, env=self.engine.environment, stdout=subprocess.DEVNULL)

    def logs(self) -> str:
        done = subprocess.run(
            ["podman", "logs", "--tail", "40", self.name],
            env=self.engine.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return f"--- {self.name}\n{done.stdout}"


class Installation:
    """processes: by the name of their service; those of the API first listen on port 8000."""

    def __init__(
        self, engine: Engine, postgres: str, processes: dict[str, list[Container]], api: str, token: str = TOKEN
    ) -> None:
        self.engine = engine
        self.postgres = postgres
        self.processes = processes
        self.http = httpx.Client(base_url=api, headers={"Authorization": f"Bearer {token}"}, timeout=10)

    def __enter__(self) -> Self:
        self.until(self.ready, "every process is ready")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.http.close()

    def ready(self) -> bool:
        try:
            answers = self.http.get("/readyz").is_success
        except httpx.TransportError:
            return False
        workers = [worker for name, pool in self.processes.items() if name != "api" for worker in pool]
        return answers and all(worker.ready() for worker in workers)

    def refresh(self) -> str:
        answer = self.http.post("/screener/refresh", json={})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def job(self, job_id: str) -> dict[str, Any]:
        job: dict[str, Any] = self.http.get(f"/screener/jobs/{job_id}").json()
        return job

    def finished(self, job_id: str) -> dict[str, Any]:
        self.until(lambda: self.job(job_id)["finished_at"] is not None, f"job {job_id} has finished", 180)
        return self.job(job_id)

    def ask(self, statement: str) -> str:
        """The rows of one statement, as psql prints them."""
        psql = ["psql", "--username=canslim", "--dbname=canslim", "--no-psqlrc", "--tuples-only", "--no-align"]
        return self.engine.podman("exec", self.postgres, *psql, "--command", statement)

    def busy(self, service: str) -> Container:
        """One of the pool that has claimed tasks."""
        found: list[Container] = []

        def look() -> bool:
            owners = self.ask("SELECT DISTINCT split_part(owner, '/', 1) FROM job_task WHERE state = 'running'").split()
            found[:] = [worker for worker in self.processes[service] if worker.hostname in owners]
            return bool(found)

        self.until(look, f"a {service} has claimed a task")
        return found[0]

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 90) -> None:
        until(condition, what, seconds, self.report)

    def report(self) -> str:
        """What a person needs to see of a test that failed."""
        logs = [process.logs() for pool in self.processes.values() for process in pool]
        return "\n".join([*logs, json.dumps(self.engine.podman("ps", "--all").splitlines(), indent=1)])
