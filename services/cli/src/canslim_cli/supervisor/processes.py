"""Processes by identity: what they are called, whether they live, how they end."""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

import psutil


def living(process: psutil.Process) -> bool:
    """A zombie does not live: where nothing reaps orphans, it stays for ever.

    Its other threads end a moment after the first one, and hold its ports until then.
    """
    try:
        zombie = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
        return bool(process.is_running() and not zombie)
    except psutil.NoSuchProcess:
        return False


def same_process(pid: int, created: float) -> psutil.Process | None:
    """The living process with this number, unless the number has since gone to another one."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        # Kernels keep the start in ticks of 10 ms.
        if living(process) and abs(process.create_time() - created) < 0.05:
            return process
    return None


def running_in(directory: str, name: str) -> Iterator[psutil.Process]:
    """Living processes called `name...` whose working directory is `directory`."""
    for process in psutil.process_iter(["name", "cwd"]):
        called = str(process.info["name"] or "")
        if process.info["cwd"] == directory and called.startswith(name) and living(process):
            yield process


def end(processes: Iterable[psutil.Process], *steps: tuple[signal.Signals, float]) -> None:
    """Sends each step's signal to those still living and waits up to its seconds; at last SIGKILL."""
    left = list(processes)
    for signum, seconds in (*steps, (signal.SIGKILL, 5.0)):
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signum)
        until = time.monotonic() + seconds
        while (left := [process for process in left if living(process)]) and time.monotonic() < until:
            time.sleep(0.02)
        if not left:
            return


def kill_group(leader: int) -> None:
    """Kills whatever is left of the process group that `leader` leads or led."""
    # macOS answers PermissionError for a group of zombies.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
