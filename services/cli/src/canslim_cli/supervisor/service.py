"""One service of `canslim up`: a child process in its own session, its output line by line."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from canslim_cli.supervisor.processes import kill_group
from canslim_cli.supervisor.records import MARK
from canslim_cli.supervisor.tied import tied

#: Bytes. A longer line is shown in pieces.
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
    def __init__(self, transport: asyncio.SubprocessTransport, output: "Output") -> None:
        self._transport = transport
        self._output = output
        self.pid = transport.get_pid()

    @classmethod
    async def start(cls, service: Service, data_dir: Path, show: Show) -> Self:
        transport, output = await asyncio.get_running_loop().subprocess_exec(
            lambda: Output(show),
            *tied(service.argv, signal.SIGTERM),
            env=service.env | {MARK: str(data_dir)},
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.STDOUT,
            # Ctrl-C in the terminal reaches the supervisor alone, which stops its services in order.
            start_new_session=True,
        )
        return cls(transport, output)

    async def exited(self) -> int:
        """Waits for the process and shows its last words; what it left in its session is killed."""
        await self._output.exited.wait()
        kill_group(self.pid)
        # A grandchild that left the session may hold the pipe open for ever.
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await self._output.closed.wait()
        self._transport.close()
        return self._transport.get_returncode() or 0

    async def stop(self, grace: float) -> None:
        """Asks the process to stop, kills it and all of its session after `grace` seconds."""
        # Only the leader is asked: it stops its workers itself, and a second signal would make those give up.
        with suppress(ProcessLookupError):
            self._transport.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._output.exited.wait()
        kill_group(self.pid)
        await self.exited()


class Output(asyncio.SubprocessProtocol):
    """Cuts the output into lines, and tells the end of the process from the end of its output.

    The streams of asyncio do not: `Process.wait` of Python 3.11 waits for every grandchild that holds the pipe.
    """

    def __init__(self, show: Show) -> None:
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()
        self._show = show
        self._rest = b""

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._show(line.decode(errors="replace").rstrip())

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if self._rest:
            self.pipe_data_received(fd, b"\n")
        self.closed.set()

    def process_exited(self) -> None:
        self.exited.set()
