"""`canslim up` as a person at a terminal runs it: a process, its screen, its signals."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Up:
    def __init__(self, data_dir: Path, port: int, *options: str, **settings: str) -> None:
        self._log = data_dir.parent / f"screen-{time.monotonic_ns()}"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*CANSLIM, "up", "--data-dir", str(data_dir), "--port", str(port), *options],
                env=environment(COLUMNS="100", **settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C at the terminal of the tests is for the tests.
                start_new_session=True,
            )

    @property
    def screen(self) -> str:
        return self._log.read_text(errors="replace")

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, f"it exited with {self.process.returncode}:\n{self.screen}"
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}\n{self.screen}"
            time.sleep(0.05)

    def until_up(self) -> None:
        self.until(lambda: "canslim is up" in self.screen, "canslim is up")

    def send(self, signum: signal.Signals) -> float:
        """Sends the signal and returns the seconds until the process has ended."""
        started = time.monotonic()
        self.process.send_signal(signum)
        self.process.wait(30)
        return time.monotonic() - started


CANSLIM = (sys.executable, "-m", "canslim_cli.main")


def environment(**settings: str) -> dict[str, str]:
    """None of the developer's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CANSLIM_")} | settings


@contextmanager
def running_up(data_dir: Path, port: int, *options: str, **settings: str) -> Iterator[Up]:
    up = Up(data_dir, port, *options, **settings)
    try:
        yield up
    finally:
        if up.process.poll() is None:
            up.process.kill()
            up.process.wait()
