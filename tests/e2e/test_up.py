"""`canslim up` from the command line to the table of leaders, and every way it ends."""

import re
import signal
import subprocess
from pathlib import Path

import httpx
import psutil
import pytest

from canslim_cli.embedded.access import is_free
from canslim_cli.supervisor.processes import living
from tests.e2e.canslim_up import CANSLIM, environment, running_up
from tests.servers import living_in

pytestmark = pytest.mark.servers

#: A refresh of little that takes no time.
SMALL = {"CANSLIM_SYNTHETIC_SYMBOLS": "60"}
#: A refresh that nobody lives to see the end of.
ENDLESS = {"CANSLIM_SYNTHETIC_LATENCY_MS": "60000"}
SYNTHETIC = ("--provider", "synthetic", "--refresh")


def test_up_prints_the_leaders_of_the_sample_and_ctrl_c_leaves_no_process(data_dir: Path, port: int) -> None:
    with running_up(data_dir, port, "--refresh") as up:
        up.until_up()
        done, total = re.findall(r"refresh completed: (\d+) of (\d+) symbols", up.screen)[0]
        assert done == total
        assert "2017-03-31" in up.screen
        stocks = httpx.get(f"http://127.0.0.1:{port}/screener/stocks", params={"limit": 20}).json()
        assert stocks["session"] == "2017-03-31"
        assert all(re.search(rf"\b{stock['symbol']}\b", up.screen) for stock in stocks["items"])
        again = ("--data-dir", str(data_dir), "--api", f"http://127.0.0.1:{port}")
        assert "3 of 3 sessions, 1 of them rated before" in said(*CANSLIM, "backfill", "--from", "2017-03-29", *again)
        assert "2017-03-29 to 2017-03-31" in said(*CANSLIM, "movers", "--back", "2", *again[2:])
        assert "3 rated sessions" in said(*CANSLIM, "evaluate", "--every", "1", *again[:2])
        assert up.send(signal.SIGINT) < 10
        assert up.process.returncode == 0
    assert living_in(data_dir) == []
    assert is_free(port)


@pytest.mark.slow
def test_ctrl_c_in_the_middle_of_a_refresh_ends_within_ten_seconds(data_dir: Path, port: int) -> None:
    with running_up(data_dir, port, *SYNTHETIC, **SMALL, **ENDLESS) as up:
        up.until(lambda: collecting(port), "a collector works")
        assert up.send(signal.SIGINT) < 10
        assert "Traceback" not in up.screen
    assert living_in(data_dir) == []


@pytest.mark.slow
def test_after_kill_9_the_next_up_cleans_and_goes_on(data_dir: Path, port: int) -> None:
    with running_up(data_dir, port, *SYNTHETIC, **SMALL, **ENDLESS) as up:
        up.until(lambda: collecting(port), "a collector works")
        left = psutil.Process(up.process.pid).children(recursive=True)
        # Hung, it does not notice that its parent died, and keeps the port; macOS would not even tell it.
        next(child for child in left if "canslim_api" in child.cmdline()).suspend()
        up.send(signal.SIGKILL)
    with running_up(data_dir, port, *SYNTHETIC, **SMALL) as again:
        again.until_up()
        # The refresh that the killed one had begun.
        assert "refresh completed: 62 of 62 symbols" in again.screen
        assert [process for process in left if living(process)] == []
        assert again.send(signal.SIGTERM) < 10
    assert living_in(data_dir) == []


def said(*command: str) -> str:
    """What a command prints that succeeds."""
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout


def collecting(port: int) -> bool:
    """Whether the batches of a refresh are being fetched."""
    try:
        jobs = httpx.get(f"http://127.0.0.1:{port}/screener/jobs").json().get("items", [])
    except httpx.TransportError:
        return False
    return any(job["total"] and job["state"] == "running" for job in jobs)
