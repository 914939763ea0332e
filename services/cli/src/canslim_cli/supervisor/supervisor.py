"""Keeps the services of `canslim up` running and shows what they say."""

import asyncio
import time
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from canslim_cli.refusal import UpRefused
from canslim_cli.supervisor.records import RunRecord
from canslim_cli.supervisor.service import RunningService, Service

#: Seconds between a death and the restart: the first, doubled each time up to the longest.
FIRST_DELAY, LONGEST_DELAY = 0.5, 10.0
#: Seconds a service must live for its next death to count as the first.
HEALTHY = 60.0
#: Seconds services have to stop before they are killed. Of the 10 s for all, the embedded servers have the rest.
GRACE = 7.0
#: How a service says that its settings are wrong, so that another start would end the same way.
REFUSED = 2
COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_red")


class Supervisor:
    """Runs `services` inside an `async with`: started on entry, restarted when they die, stopped on exit."""

    def __init__(
        self,
        data_dir: Path,
        services: list[Service],
        console: Console,
        *,
        grace: float = GRACE,
        first_delay: float = FIRST_DELAY,
        healthy: float = HEALTHY,
    ) -> None:
        self._data_dir = data_dir
        self._services = services
        self._console = console
        self._grace = grace
        self._first_delay = first_delay
        self._healthy = healthy
        self._width = max((len(service.name) for service in services), default=0)
        self._colours = dict(zip([service.name for service in services], cycle(COLOURS), strict=False))
        self._record = RunRecord(data_dir)
        self._keepers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._keepers = [asyncio.create_task(self._keep(service)) for service in self._services]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def stopped(self) -> None:
        """Waits until cancelled (see `until_signalled`), or raises why a service can't run at all."""
        # Not gather: that would cancel the keepers, and `__aexit__` then cancels them a second time, mid-stop.
        done, _ = await asyncio.wait(self._keepers, return_when=asyncio.FIRST_EXCEPTION)
        for keeper in done:
            keeper.result()

    async def _keep(self, service: Service) -> None:
        """Runs `service` again and again; when cancelled, stops it."""
        delay = self._first_delay
        first = True
        while True:
            started = time.monotonic()
            code = await self._run(service)
            if first and code == REFUSED:
                raise UpRefused(f"{service.name} refused to start; its reason is above")
            first = False
            if time.monotonic() - started >= self._healthy:
                delay = self._first_delay
            self._show(service.name, f"exited with {code}; starts again in {delay:.1f} s", style="bold red")
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _run(self, service: Service) -> int:
        """Runs `service` once and returns its exit code; when cancelled, stops it."""
        starting = asyncio.create_task(
            RunningService.start(service, self._data_dir, lambda line: self._show(service.name, line))
        )
        try:
            # Cancelled half-way, a start would leave a process that nobody knows.
            running = await asyncio.shield(starting)
            self._record.add(service.name, running.pid)
            return await running.exited()
        except asyncio.CancelledError:
            await (await starting).stop(self._grace)
            raise
        finally:
            self._record.remove(service.name)

    def _show(self, name: str, line: str, style: str = "") -> None:
        prefix = Text(f"{name:<{self._width}} | ", style=self._colours[name])
        text = Text.from_ansi(line)
        text.stylize(style)
        self._console.print(prefix + text, soft_wrap=True)
