"""What can't start says why in one clear message, exits with 2, and leaves nothing behind."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.canslim_up import CANSLIM, environment
from tests.servers import living_in

SERVICES = ("api", "collector", "scoring")
#: Enough to start; nobody listens there.
SETTINGS = {
    "CANSLIM_DATABASE_URL": "postgresql://127.0.0.1:9/x",
    "CANSLIM_REDIS_URL": "redis://127.0.0.1:9",
    "CANSLIM_ADMIN_TOKEN": "a-token-of-the-tests",
    "CANSLIM_API_PORT": "0",
    "CANSLIM_METRICS_PORT": "0",
}


def refusal(*command: str, **settings: str) -> list[str]:
    """The lines of a command that refuses to start."""
    done = subprocess.run(command, env=environment(**settings), capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2, f"exit {done.returncode}\n{done.stdout}{done.stderr}"
    lines = done.stderr.splitlines()
    assert 1 <= len(lines) <= 4, done.stderr
    assert "Traceback" not in done.stderr
    return lines


def service(name: str) -> tuple[str, ...]:
    return sys.executable, "-m", f"canslim_{name}"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_the_api_without_a_token_does_not_start() -> None:
    without = {name: value for name, value in SETTINGS.items() if name != "CANSLIM_ADMIN_TOKEN"}
    assert "CANSLIM_ADMIN_TOKEN" in refusal(*service("api"), **without)[-1]


@pytest.mark.parametrize("name", SERVICES)
def test_wrong_variables_are_all_named(name: str) -> None:
    wrong = {"CANSLIM_PROVIDER": "yahoo!", "CANSLIM_COLECTOR_THREADS": "4"}
    heading, *lines = refusal(*service(name), **SETTINGS | wrong)
    assert heading == "wrong settings:"
    assert sorted(line.split(":")[0].strip() for line in lines) == sorted(wrong)


def test_the_collector_without_its_providers_folder_does_not_start() -> None:
    [line] = refusal(*service("collector"), **SETTINGS | {"CANSLIM_PROVIDER": "files"})
    assert "CANSLIM_FILES_DIR" in line


def test_an_api_whose_port_is_taken_does_not_start(taken: int) -> None:
    [line] = refusal(*service("api"), **SETTINGS | {"CANSLIM_API_PORT": str(taken)})
    assert f"port {taken}" in line
    assert "CANSLIM_API_PORT" in line


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_whose_metrics_port_is_taken_does_not_start(name: str, taken: int) -> None:
    [line] = refusal(*service(name), **SETTINGS | {"CANSLIM_METRICS_PORT": str(taken)})
    assert f"port {taken}" in line
    assert "CANSLIM_METRICS_PORT" in line


def test_up_on_a_port_that_is_taken_starts_nothing(data_dir: Path, taken: int) -> None:
    [line] = refusal(*CANSLIM, "up", "--data-dir", str(data_dir), "--port", str(taken))
    assert f"port {taken}" in line
    assert living_in(data_dir) == []


def test_up_in_a_directory_that_can_not_be_written_starts_nothing(data_dir: Path, port: int) -> None:
    data_dir.write_text("a file")
    [line] = refusal(*CANSLIM, "up", "--data-dir", str(data_dir), "--port", str(port))
    assert str(data_dir) in line


def test_up_with_a_wrong_variable_starts_nothing(data_dir: Path, port: int) -> None:
    heading, line = refusal(*CANSLIM, "up", "--data-dir", str(data_dir), "--port", str(port), CANSLIM_API_PROT="8000")
    assert heading == "wrong settings:"
    assert "CANSLIM_API_PROT" in line
    assert living_in(data_dir) == []
