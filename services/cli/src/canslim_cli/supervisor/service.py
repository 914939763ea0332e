"""One service of `canslim up`: a child process in its own session, its output line by line."""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from canslim_cli.supervisor.processes import kill_group
from canslim_cli.supervisor.records import MARK
from canslim_cli.supervisor.tied import tied

#: Bytes. A longer line of output is left out.
LONGEST_LINE = 1 << 20
#: Seconds to read on after a process has ended.
LAST_WORDS = 0.5

Show = Callable[[str], None]


@dataclass(frozen=True)
class Service:
    """What to run. `env` is the whole environment; `argv[0]` an absolute path."""

    name: str
    argv: list[str]
    env: dict[str, str]


class RunningService:
    def __init__(self, process: Process, show: Show) -> None:
        self._process = process
        self._output = asyncio.create_task(self._show_output(show))

    @classmethod
    async def start(cls, service: Service, data_dir: Path, show: Show) -> Self:
        process = await asyncio.create_subprocess_exec(
            *tied(service.argv, signal.SIGTERM),
            env=service.env | {MARK: str(data_dir)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            limit=LONGEST_LINE,
            # Ctrl-C in the terminal reaches the supervisor alone, which stops its services in order.
            start_new_session=True,
        )
        return cls(process, show)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def exited(self) -> int:
        """Waits for the process and shows its last words; what it left in its session is killed."""
        code = await self._process.wait()
        kill_group(self.pid)
        # A grandchild that left the session may hold the pipe open for ever.
        _, unread = await asyncio.wait([self._output], timeout=LAST_WORDS)
        for output in unread:
            output.cancel()
        return code

    async def stop(self, grace: float) -> None:
        """Asks the process to stop, kills it and all of its session after `grace` seconds."""
        # Only the leader is asked: it stops its workers itself, and a second signal would make those give up.
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(grace):
                await self._process.wait()
        except TimeoutError:
            pass
        kill_group(self.pid)
        await self.exited()

    async def _show_output(self, show: Show) -> None:
        stream = self._process.stdout
        if stream is None:
            return
        while True:
            try:
                line = await stream.readline()
            except ValueError:
                line = b"[a line of over 1 MiB is left out]"
            if not line:
                return
            show(line.decode(errors="replace").rstrip())
