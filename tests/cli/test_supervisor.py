import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from canslim_cli.refusal import UpRefused
from canslim_cli.supervisor import Service, Supervisor, claim, until_signalled
from canslim_cli.supervisor.processes import living, same_process
from tests.servers import eventually, living_in, temporary_directory

pytestmark = pytest.mark.processes

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True); time.sleep(600)"
SLEEPER = "import time; print('ready', flush=True); time.sleep(600)"


@pytest.fixture
def directory() -> Iterator[Path]:
    with temporary_directory() as directory:
        yield directory
        assert living_in(directory) == []


def python(name: str, code: str, **env: str) -> Service:
    return Service(name, [sys.executable, "-c", code], env)


class Run:
    """A supervisor over some services, and what they have shown."""

    def __init__(self, directory: Path, *services: Service, grace: float = 8.0, healthy: float = 60.0) -> None:
        self.screen = StringIO()
        console = Console(file=self.screen, width=40, force_terminal=False)
        self.supervisor = Supervisor(directory, list(services), console, grace=grace, first_delay=0.05, healthy=healthy)

    @asynccontextmanager
    async def until_shown(self, line: str, times: int = 1) -> AsyncIterator[str]:
        async with self.supervisor:
            await eventually(lambda: self.screen.getvalue().count(line) >= times)
            yield self.screen.getvalue()


async def test_every_line_carries_the_padded_name_of_its_service(directory: Path) -> None:
    say = "import sys, time; print('[x] out', 'y' * 60, flush=True)\nprint('err', file=sys.stderr); time.sleep(60)"
    run = Run(directory, python("api", say), python("collector", say))
    async with run.until_shown("err", times=2) as screen:
        assert f"api       | [x] out {'y' * 60}\n" in screen
        assert "collector | err\n" in screen


async def test_the_environment_is_the_given_one(directory: Path) -> None:
    code = "import os, time; print(sorted(os.environ), flush=True); time.sleep(60)"
    async with Run(directory, python("one", code, ONLY="1")).until_shown("]") as screen:
        assert "'ONLY'" in screen
        assert "PYTEST_CURRENT_TEST" not in screen


async def test_a_line_without_end_is_shown_in_pieces(directory: Path) -> None:
    code = "import time; print('x' * (5 << 20)); print('after', flush=True); time.sleep(60)"
    async with Run(directory, python("one", code)).until_shown("after") as screen:
        assert screen.count("x") == 5 << 20
        assert screen.endswith("one | after\n")


async def test_a_service_that_dies_is_started_again_later_each_time(directory: Path) -> None:
    code = "print('here', flush=True); raise SystemExit(3)"
    async with Run(directory, python("one", code)).until_shown("here", times=4) as screen:
        starts_again = [line for line in screen.splitlines() if "exited with 3" in line]
        # 0.05 s, shown with one decimal, doubled each time.
        assert [line.split()[-2] for line in starts_again[:3]] == ["0.1", "0.1", "0.2"]


async def test_a_service_that_was_healthy_for_long_is_started_again_soon(directory: Path) -> None:
    code = "import time; print('here', flush=True); time.sleep(0.2); raise SystemExit(3)"
    async with Run(directory, python("one", code), healthy=0.1).until_shown("here", times=4) as screen:
        assert screen.count("exited with 3; starts again in 0.1 s") == 3


async def test_a_killed_service_leaves_none_of_its_children_behind(directory: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {DEAF!r}])\n"
        "print('pid', child.pid, flush=True); time.sleep(600)"
    )
    run = Run(directory, python("one", code))
    async with run.until_shown("deaf") as screen:
        child = psutil.Process(int(screen.split("pid ")[1].split()[0]))
        child.parent().kill()
        await eventually(lambda: not living(child))


async def test_a_service_that_refuses_its_settings_is_not_started_again(directory: Path) -> None:
    run = Run(directory, python("api", "print('port taken'); raise SystemExit(2)"), python("other", SLEEPER))
    with pytest.raises(UpRefused, match="api refused to start"):
        async with run.supervisor:
            await run.supervisor.stopped()
    assert "api   | port taken" in run.screen.getvalue()


async def test_services_stop_together_and_the_deaf_are_killed_after_the_grace(directory: Path) -> None:
    run = Run(directory, *(python(f"deaf{n}", DEAF) for n in range(3)), grace=0.5)
    async with run.until_shown("| deaf", times=3):
        started = time.monotonic()
    assert 0.5 <= time.monotonic() - started < 3


async def test_a_service_may_finish_its_work_when_stopped(directory: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "def stop(*_): time.sleep(0.3); print('drained', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop); print('ready', flush=True); time.sleep(600)"
    )
    run = Run(directory, python("one", code))
    async with run.until_shown("ready"):
        pass
    assert "drained" in run.screen.getvalue()


async def test_running_services_are_on_record_and_stopped_ones_are_not(directory: Path) -> None:
    record = directory / "run" / "processes.json"
    async with Run(directory, python("one", SLEEPER)).until_shown("ready"):
        (entry,) = json.loads(record.read_text())
        assert entry["name"] == "one"
        assert same_process(entry["pid"], entry["created"])
    assert json.loads(record.read_text()) == []


def test_a_number_taken_over_by_another_process_is_not_killed(directory: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.DEVNULL)
    (directory / "run").mkdir()
    entry = {"name": "api", "pid": stranger.pid, "created": psutil.Process(stranger.pid).create_time() - 60}
    (directory / "run" / "processes.json").write_text(json.dumps([entry]))
    with claim(directory):
        assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_record_cut_short_is_survived(directory: Path) -> None:
    (directory / "run").mkdir()
    (directory / "run" / "processes.json").write_text('[{"name": "api", "p')
    with claim(directory) as claimed:
        assert claimed == directory


def test_a_second_claim_is_refused_with_the_holder_named(directory: Path) -> None:
    with claim(directory), pytest.raises(UpRefused) as refused, claim(directory):
        pass
    assert str(refused.value) == f"canslim up already runs on {directory} (pid {os.getpid()})"


def test_a_claim_ends_with_its_block(directory: Path) -> None:
    with claim(directory):
        pass
    with claim(directory):
        pass


def test_a_directory_that_cannot_be_made_is_refused_in_one_line(directory: Path) -> None:
    (directory / "file").touch()
    with (
        pytest.raises(UpRefused, match=r"^the data directory .*/file/data can't be written: .*") as refused,
        claim(directory / "file" / "data"),
    ):
        pass
    assert "\n" not in str(refused.value)


async def test_a_signal_ends_the_block_and_the_code_after_it_goes_on() -> None:
    closed = False
    async with until_signalled():
        try:
            asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), 15)
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            closed = True
    assert closed


async def test_a_cancellation_from_elsewhere_is_passed_on() -> None:
    async def body() -> None:
        async with until_signalled():
            await asyncio.sleep(60)

    task = asyncio.create_task(body())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
