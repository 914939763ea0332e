"""The parts of `canslim up` put together, as a process that gets real signals."""

import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest

import canslim_cli
from canslim_cli.supervisor.processes import end
from tests.servers import living_in, python_for, temporary_directory

pytestmark = [pytest.mark.servers, pytest.mark.processes]

UP = """
import asyncio, json, os, sys, time
data_dir, services = sys.argv[1:]
from pathlib import Path
from rich.console import Console
from canslim_cli.embedded import ServerFailed, embedded_servers
from canslim_cli.refusal import UpRefused
from canslim_cli.supervisor import Service, Supervisor, claim, until_signalled

console = Console(width=200)
say = lambda line: console.print(line, soft_wrap=True)

async def up():
    async with until_signalled():
        with claim(Path(data_dir)) as claimed:
            say("claimed")
            async with embedded_servers(claimed, report=say) as servers:
                env = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
                run = [Service(name, [sys.executable, "-c", code], env) for name, code in json.loads(services)]
                async with Supervisor(claimed, run, console) as supervisor:
                    say("up " + json.dumps(env))
                    await supervisor.stopped()

try:
    asyncio.run(up())
except UpRefused as refused:
    print(refused, file=sys.stderr)
    sys.exit(2)
print("down", flush=True)
"""
SLEEPER = "import time; print('ready', flush=True); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True); time.sleep(600)"
#: Its child outlives it: a worker whose master was killed too.
MASTER = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {DEAF!r}]); time.sleep(600)"


class Up:
    def __init__(self, directory: Path, services: list[tuple[str, str]], account: str | None, python: str) -> None:
        entry = pwd.getpwnam(account) if account else None
        identity: dict[str, Any] = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []} if entry else {}
        self.process = subprocess.Popen(
            [python, "-c", UP, str(directory), json.dumps(services)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env={"PYTHONPATH": os.pathsep.join(packages()), "PYTHONUNBUFFERED": "1", "PATH": os.defpath},
            start_new_session=True,
            **identity,
        )
        self.screen = ""
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.screen += line

    def wait_for(self, text: str, times: int = 1, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while self.screen.count(text) < times:
            assert time.monotonic() < until, f"{text!r} did not show:\n{self.screen}"
            time.sleep(0.02)

    def env(self) -> dict[str, str]:
        self.wait_for("up {")
        line = next(line for line in self.screen.splitlines() if line.startswith("up {"))
        urls: dict[str, str] = json.loads(line.removeprefix("up "))
        return urls

    def send(self, signum: signal.Signals) -> float:
        """Sends the signal and returns the seconds until the end."""
        started = time.monotonic()
        self.process.send_signal(signum)
        self.process.wait(timeout=20)
        return time.monotonic() - started

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join(timeout=10)
        if self.process.stdout:
            self.process.stdout.close()


def packages() -> list[str]:
    return [str(Path(canslim_cli.__file__).parents[1]), str(Path(psutil.__file__).parents[1])]


@contextmanager
def up(
    directory: Path, *services: tuple[str, str], account: str | None = None, python: str = sys.executable
) -> Iterator[Up]:
    running = Up(directory, list(services), account, python)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def directory() -> Iterator[Path]:
    with temporary_directory() as directory:
        yield directory / "data"
        end(living_in(directory))


def deaf_in(directory: Path) -> list[psutil.Process]:
    return [process for process in living_in(directory) if DEAF in (process.info["cmdline"] or ())]


def settle(directory: Path, seconds: float = 10) -> list[psutil.Process]:
    """Waits until nothing runs in `directory` any more; returns what still does."""
    until = time.monotonic() + seconds
    while (left := living_in(directory)) and time.monotonic() < until:
        time.sleep(0.05)
    return left


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_order(directory: Path, signum: signal.Signals) -> None:
    with up(directory, ("api", SLEEPER), ("collector", SLEEPER)) as running:
        running.wait_for("ready", times=2)
        assert running.send(signum) < 10
        assert running.process.returncode == 0
    assert "down" in running.screen
    assert living_in(directory) == []


def test_a_deaf_service_does_not_keep_it_beyond_ten_seconds(directory: Path) -> None:
    with up(directory, ("api", DEAF), ("collector", MASTER)) as running:
        running.wait_for("ready", times=2)
        assert running.send(signal.SIGTERM) < 10
    assert living_in(directory) == []


def test_ctrl_c_during_start_up_leaves_nothing(directory: Path) -> None:
    with up(directory, ("api", SLEEPER)) as running:
        running.wait_for("claimed")
        time.sleep(0.2)
        assert running.send(signal.SIGINT) < 10
        assert "up {" not in running.screen
    assert "down" in running.screen
    assert living_in(directory) == []
    with up(directory, ("api", SLEEPER)) as again:
        again.wait_for("ready")
        again.send(signal.SIGTERM)


def test_a_second_ctrl_c_kills_at_once(directory: Path) -> None:
    with up(directory, ("api", DEAF)) as running:
        running.wait_for("ready")
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert running.send(signal.SIGINT) < 1
    assert settle(directory, seconds=2) == []


def test_after_kill_9_the_next_start_ends_what_is_left(directory: Path) -> None:
    with up(directory, ("api", SLEEPER), ("collector", DEAF), ("scoring", MASTER)) as running:
        before = running.env()
        running.wait_for("ready", times=3)
        running.send(signal.SIGKILL)
        assert deaf_in(directory)
        with up(directory, ("api", SLEEPER)) as again:
            again.wait_for("ready")
            assert deaf_in(directory) == []
            assert again.env() == before
            assert again.send(signal.SIGTERM) < 10
    assert living_in(directory) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_on_linux_what_listens_ends_by_itself_after_kill_9(directory: Path) -> None:
    with up(directory, ("api", SLEEPER)) as running:
        running.wait_for("ready")
        running.send(signal.SIGKILL)
        assert settle(directory) == []


@pytest.mark.parametrize("program", ["postgres", "valkey-server"])
def test_a_server_that_dies_is_started_again_on_its_port(directory: Path, program: str) -> None:
    with up(directory, ("api", SLEEPER)) as running:
        running.wait_for("ready")
        children = psutil.Process(running.process.pid).children()
        next(child for child in children if child.name() == program).kill()
        running.wait_for(f"{program} died; starting it again")
        port = int(running.env()["DATABASE_URL" if program == "postgres" else "REDIS_URL"].split(":")[-1].split("/")[0])
        # What a killed server left is given time to end by itself.
        until = time.monotonic() + 40
        while not any(c.laddr.port == port for c in listening(running.process.pid)):
            assert time.monotonic() < until
            time.sleep(0.05)
        assert running.send(signal.SIGTERM) < 10
    assert living_in(directory) == []


def listening(pid: int) -> list[Any]:
    found: list[Any] = []
    for child in psutil.Process(pid).children():
        # It may end while it is looked at.
        with suppress(psutil.NoSuchProcess):
            found += [one for one in child.net_connections() if one.status == psutil.CONN_LISTEN]
    return found


def test_a_second_start_on_the_directory_is_refused_and_the_first_goes_on(directory: Path) -> None:
    with up(directory, ("api", SLEEPER)) as running:
        running.wait_for("ready")
        with up(directory, ("api", SLEEPER)) as second:
            assert second.process.wait(timeout=20) == 2
        assert second.screen == f"canslim up already runs on {directory} (pid {running.process.pid})\n"
        assert running.process.poll() is None
        running.send(signal.SIGTERM)


@pytest.fixture
def nobodys_python() -> str:
    if os.geteuid() != 0:
        pytest.skip("only root can start something as another user; without root, every test here runs as a user")
    python = python_for("nobody")
    if python is None:
        pytest.skip("no Python of this version that user nobody may run")
    return python


def test_an_ordinary_user_can_run_it(directory: Path, nobodys_python: str) -> None:
    account = pwd.getpwnam("nobody")
    os.chown(directory.parent, account.pw_uid, account.pw_gid)
    with up(directory, ("api", SLEEPER), account="nobody", python=nobodys_python) as running:
        running.wait_for("ready")
        assert all(
            child.uids().effective == account.pw_uid
            for child in psutil.Process(running.process.pid).children(recursive=True)
        )
        assert running.send(signal.SIGTERM) < 10
    assert living_in(directory) == []


def test_a_directory_that_is_not_writable_is_refused_in_one_line(directory: Path, nobodys_python: str) -> None:
    directory.mkdir(mode=0o755)
    directory.parent.chmod(0o755)
    with up(directory, ("api", SLEEPER), account="nobody", python=nobodys_python) as running:
        assert running.process.wait(timeout=20) == 2
    assert running.screen == f"the data directory {directory} can't be written: Permission denied\n"
