"""Long-running programs: found, started with a log file each, and ended in the end."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "canslim" / "control-plane"
BUILT = CACHE / "bin"
#: `make tools` puts kubectl there.
TOOLS = Path(__file__).parents[2] / ".tools" / "bin"
PATIENCE = 120


Command = list[str]


class ControlPlaneError(Exception):
    """What is missing, or did not start."""


def program(name: str, how: str) -> Path:
    """Where the program is; `how` says how to come by it."""
    found = shutil.which(name, path=BUILT) or shutil.which(name, path=TOOLS) or shutil.which(name)
    if found is None:
        raise ControlPlaneError(f"{name} is missing: {how}")
    return Path(found)


def command(path: Path, flags: Mapping[str, object]) -> Command:
    return [str(path), *(f"--{name}={value}" for name, value in flags.items())]


class Programs:
    """Everything that was started, in order; ended in the opposite one."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, words: Command, environment: Mapping[str, str] | None = None) -> int:
        """Its process id."""
        with self._log(name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._running.append((name, process))
        return process.pid

    def wait(self, what: str, ready: Callable[[], bool]) -> None:
        """Until it is ready. Raises ControlPlaneError when a program has ended, or nothing comes of it."""
        end = time.monotonic() + PATIENCE
        while not ready():
            self.check()
            if time.monotonic() > end:
                raise ControlPlaneError(f"{what} is not ready after {PATIENCE} s; see the logs in {self._logs}")
            time.sleep(0.2)

    def check(self) -> None:
        for name, process in self._running:
            if process.poll() is not None:
                end = b"\n".join(self._log(name).read_bytes().splitlines()[-5:]).decode(errors="replace")
                raise ControlPlaneError(f"{name} ended with {process.returncode}:\n{end}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        for _, process in reversed(self._running):
            process.send_signal(how)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"
