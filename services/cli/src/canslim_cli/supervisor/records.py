"""What is written down about running services, so that the next `canslim up` can end what a killed one left."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from canslim_cli.supervisor.processes import end, living, same_process

#: In every service's environment: the data directory it works for. Grandchildren inherit it.
MARK = "SUPERVISED_FROM"
#: Seconds that leftover services get to stop by themselves.
LEFTOVER_GRACE = 5.0


@dataclass(frozen=True)
class Recorded:
    name: str
    pid: int
    created: float


class RunRecord:
    """`<data_dir>/run/processes.json`: the service processes of the running, or of the last, `up`."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._path = data_dir / "run" / "processes.json"
        self._running: dict[str, Recorded] = {}

    def add(self, name: str, pid: int) -> None:
        with suppress(psutil.NoSuchProcess):
            self._running[name] = Recorded(name, pid, psutil.Process(pid).create_time())
            self._write()

    def remove(self, name: str) -> None:
        if self._running.pop(name, None) is not None:
            self._write()

    def end_leftovers(self) -> None:
        """Ends services that were recorded and still live, with all they started."""
        recorded = self._read()
        alive = [process for one in recorded if (process := same_process(one.pid, one.created))]
        followers = [child for process in alive for child in process.children(recursive=True)]
        followers += self._orphans({one.pid for one in recorded})
        end(alive, (signal.SIGTERM, LEFTOVER_GRACE))
        end(followers)
        self._path.unlink(missing_ok=True)

    def _orphans(self, sessions: set[int]) -> Iterator[psutil.Process]:
        """Processes of a recorded service whose own process is dead.

        The number of a dead session leader is no proof (numbers repeat after a reboot), the mark is.
        """
        for process in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                ours = os.getsid(process.pid) in sessions and process.environ().get(MARK) == str(self._data_dir)
                if ours and living(process):
                    yield process

    def _read(self) -> list[Recorded]:
        try:
            return [Recorded(**entry) for entry in json.loads(self._path.read_text())]
        except (FileNotFoundError, ValueError, TypeError):
            # A record cut short by a power failure names no process that could have survived it.
            return []

    def _write(self) -> None:
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps([asdict(one) for one in self._running.values()]))
        draft.replace(self._path)
