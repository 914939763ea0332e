"""`canslim up` on a folder of files: PostgreSQL, Valkey, API, collector and scoring, as a user starts them."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from canslim_cli.api_client import ApiClient, ApiError, Json
from canslim_core.states import JobState

#: Seconds until the servers answer.
READY_WITHIN: Final = 120.0
#: Seconds until the whole market is rated.
REFRESHED_WITHIN: Final = 900.0
POLL: Final = 0.5
#: The largest page of the API.
PAGE: Final = 1000


@contextmanager
def canslim_up(files: Path, data_dir: Path) -> Iterator[ApiClient]:
    """Its API. The installation lives in `data_dir` and ends with the block."""
    port, token = _free_port(), secrets.token_urlsafe(24)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CANSLIM_")}
    settings = {"CANSLIM_FILES_DIR": str(files), "CANSLIM_ADMIN_TOKEN": token}
    command = [sys.executable, "-m", "canslim_cli.main", "up", "--provider", "files"]
    with (data_dir.parent / "screen").open("w+b") as screen:
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [*command, "--data-dir", str(data_dir), "--port", str(port)],
            env=environment | settings,
            stdin=subprocess.DEVNULL,
            stdout=screen,
            stderr=subprocess.STDOUT,
            # Ctrl-C at the terminal is for this program, which then ends it in order.
            start_new_session=True,
        )
        try:
            with ApiClient(f"http://127.0.0.1:{port}", token) as client:
                _wait_ready(client, process, Path(screen.name))
                yield client
        finally:
            process.terminate()
            process.wait(60)


def refresh(client: ApiClient) -> Json:
    """Refreshes the universe and returns how the job ended."""
    job_id = client.post("/screener/refresh", {})["job_id"]
    deadline = time.monotonic() + REFRESHED_WITHIN
    while not JobState((job := client.get(f"/screener/jobs/{job_id}"))["state"]).finished:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the refresh takes longer than {REFRESHED_WITHIN:.0f} s: {job}")
        time.sleep(POLL)
    return job


def read_stocks(client: ApiClient) -> list[Json]:
    """Every stock of the universe with its details, in alphabetical order."""
    symbols: list[str] = []
    total = 1
    while len(symbols) < total:
        page = client.get("/screener/stocks", {"limit": PAGE, "offset": len(symbols), "sort": "symbol"})
        total = page["total"]
        symbols += [item["symbol"] for item in page["items"]]
    return [client.get(f"/screener/stocks/{symbol}") for symbol in symbols]


def _wait_ready(client: ApiClient, process: "subprocess.Popen[bytes]", screen: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while True:
        try:
            client.text("/readyz", {})
        except ApiError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"canslim does not come up: {error}\n{screen.read_text()}") from error
            time.sleep(POLL)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
