"""A whole installation of real processes for a benchmark."""

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psutil

from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey

#: Seconds between two looks at the processes' memory.
SAMPLE_EVERY = 0.1


class Memory:
    """The largest resident memory seen of each process, children included (shared pages count in each)."""

    def __init__(self, processes: dict[str, int]) -> None:
        self._processes = processes
        self.peaks: dict[str, int] = dict.fromkeys(processes, 0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(SAMPLE_EVERY):
            for name, pid in self._processes.items():
                try:
                    process = psutil.Process(pid)
                    family = [process, *process.children(recursive=True)]
                    used = sum(member.memory_info().rss for member in family)
                except psutil.NoSuchProcess:
                    continue
                self.peaks[name] = max(self.peaks[name], used)


@dataclass(frozen=True)
class Installation:
    http: httpx.Client
    pids: dict[str, int]


@contextmanager
def installation(
    servers: tuple[EmbeddedPostgres, EmbeddedValkey], folder: Path, collectors: int = 1, **settings: str
) -> Iterator[Installation]:
    """Everything started and ready. settings: by name, without the prefix."""
    postgres, valkey = servers
    port, token = free_port(), secrets.token_urlsafe(24)
    decided = {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url, "ADMIN_TOKEN": token, "API_PORT": str(port)}
    environment = os.environ | {f"CANSLIM_{name}": value for name, value in (decided | settings).items()}
    names = ["api", *(f"collector{number or ''}" for number in range(collectors)), "scoring"]
    metrics = {name: free_port() for name in names}
    http = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    with http, running_services(environment, metrics, folder) as processes:
        for name, process in processes.items():
            wait_ready(process, port if name == "api" else metrics[name], folder / f"{name}.log")
        if postgres.pid is None or valkey.pid is None:
            raise SystemExit("a server is not running")
        pids = {name: process.pid for name, process in processes.items()}
        yield Installation(http, {**pids, "postgresql": postgres.pid, "valkey": valkey.pid})


@contextmanager
def running_services(
    environment: dict[str, str], metrics: dict[str, int], folder: Path
) -> "Iterator[dict[str, subprocess.Popen[bytes]]]":
    """One process for each metrics port; a number at the end of its name tells those of a pool apart."""
    with ExitStack() as stack:
        processes = {}
        for name, port in metrics.items():
            log = stack.enter_context((folder / f"{name}.log").open("w"))
            own = environment | {"CANSLIM_METRICS_PORT": str(port)}
            command = [sys.executable, "-m", f"canslim_{name.rstrip('0123456789')}"]
            process = subprocess.Popen(command, env=own, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            processes[name] = process
        yield processes


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Waits for one process: the start of a worker is no part of a refresh."""
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"{log.stem} ended with {process.returncode}; its log:\n{log.read_text()[-2000:]}")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{log.stem} got not ready on port {port} in a minute; its log:\n{log.read_text()[-2000:]}")


def refresh(http: httpx.Client) -> dict[str, Any]:
    """Runs one refresh: seconds from POST to published, and of each stage."""
    started = time.perf_counter()
    job_id = http.post("/screener/refresh", json={}).json()["job_id"]
    while (job := http.get(f"/screener/jobs/{job_id}").json())["state"] in ("queued", "running"):
        time.sleep(0.05)
    seconds = time.perf_counter() - started
    if job["state"] != "completed":
        raise SystemExit(f"the refresh {job['state']}: {job['error']}")
    with http.stream("GET", f"/screener/jobs/{job_id}/events") as stream:
        events = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
    first: dict[str, datetime] = {}
    for event in events:
        if event.keys() & {"stage", "state"}:
            first.setdefault(event.get("stage") or "end", datetime.fromisoformat(event["at"]))
    stages = {name: (after - at).total_seconds() for (name, at), (_, after) in pairwise(first.items())}
    return {"seconds": seconds, "stages": stages, "job": job}
