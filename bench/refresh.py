"""`make bench-refresh`: a refresh of synthetic symbols to published ratings, beside the seed's loop, in one run."""

import argparse
import asyncio
import json
import os
import platform
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from bench import seed_loop
from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from canslim_infra import migrations

SERVICES = ("api", "collector", "scoring")
#: Seconds between two looks at the processes' memory.
SAMPLE_EVERY = 0.1
console = Console()


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


@contextmanager
def running_services(environment: dict[str, str], metrics: dict[str, int], folder: Path) -> Iterator[dict[str, int]]:
    with ExitStack() as stack:
        pids = {}
        for name in SERVICES:
            log = stack.enter_context((folder / f"{name}.log").open("w"))
            own = environment | {"CANSLIM_METRICS_PORT": str(metrics[name])}
            command = [sys.executable, "-m", f"canslim_{name}.main"]
            process = subprocess.Popen(command, env=own, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            pids[name] = process.pid
        yield pids


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_ready(ports: Iterable[int]) -> None:
    """Waits for every process: the start of a worker is no part of a refresh."""
    for port in ports:
        for _ in range(600):
            try:
                if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        else:
            raise SystemExit(f"nothing got ready on port {port}")


def refresh(http: httpx.Client) -> dict[str, object]:
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


def measure_system(servers: tuple[EmbeddedPostgres, EmbeddedValkey], symbols: int, folder: Path) -> dict[str, object]:
    postgres, valkey = servers
    port = free_port()
    token = secrets.token_urlsafe(24)
    environment = os.environ | {
        "CANSLIM_DATABASE_URL": postgres.url,
        "CANSLIM_REDIS_URL": valkey.url,
        "CANSLIM_PROVIDER": "synthetic",
        "CANSLIM_SYNTHETIC_SYMBOLS": str(symbols),
        "CANSLIM_ADMIN_TOKEN": token,
        "CANSLIM_API_PORT": str(port),
    }
    metrics = {name: free_port() for name in SERVICES}
    http = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    with http, running_services(environment, metrics, folder) as pids:
        wait_ready([port, metrics["collector"], metrics["scoring"]])
        if postgres.pid is None or valkey.pid is None:
            raise SystemExit("a server is not running")
        with Memory({**pids, "postgresql": postgres.pid, "valkey": valkey.pid}) as memory:
            first = refresh(http)
            again = refresh(http)
    return {"first": first, "again": again, "memory": memory.peaks}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=10_000)
    parser.add_argument("--loop-symbols", type=int, default=1_000, help="for the seed's loop, which is slow")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="canslim-bench-") as scratch:
        folder = Path(scratch)
        with EmbeddedPostgres(folder / "postgres") as postgres, EmbeddedValkey(folder / "valkey") as valkey:
            migrations.upgrade(postgres.url)
            load = os.getloadavg()[0]
            loop = asyncio.run(seed_loop.run(postgres.url, arguments.loop_symbols))
            system = measure_system((postgres, valkey), arguments.symbols, folder)
    report(system, loop, arguments, load)


def report(system: dict, loop: dict[str, float], arguments: argparse.Namespace, load: float) -> None:
    first, again = system["first"], system["again"]
    rate = arguments.symbols / first["seconds"]
    loop_rate = arguments.loop_symbols / sum(loop.values())
    table = Table(title=f"{platform.machine()}, {os.cpu_count()} cores, load before the run {load:.2f}")
    for name in ("", "symbols", "collect s", "rs s", "score s", "in all s", "symbols/s"):
        table.add_column(name, justify="right" if name else "left")
    table.add_row("canslim, first refresh", *_row(arguments.symbols, first["stages"], first["seconds"]))
    table.add_row("canslim, the same day again", *_row(arguments.symbols, again["stages"], again["seconds"]))
    table.add_row("the seed's loop", *_row(arguments.loop_symbols, loop, sum(loop.values())))
    console.print(table)
    console.print(f"ratio of symbols/s, first refresh to the seed's loop: [bold]{rate / loop_rate:.1f}[/bold]")
    peaks = ", ".join(f"{name} {used / 2**20:,.0f} MiB" for name, used in system["memory"].items())
    console.print(f"peak resident memory: {peaks}", soft_wrap=True)
    if arguments.json:
        figures = {"system": system, "loop": loop, "ratio": rate / loop_rate, "load": load}
        arguments.json.write_text(json.dumps(figures, indent=2))


def _row(symbols: int, stages: dict[str, float], seconds: float) -> list[str]:
    cells = [f"{stages.get(name, 0):.1f}" for name in ("collect", "rs", "score")]
    return [f"{symbols:,}", *cells, f"{seconds:.1f}", f"{symbols / seconds:,.0f}"]


if __name__ == "__main__":
    main()
