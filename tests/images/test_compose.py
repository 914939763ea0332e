"""compose.yaml as it is, run by podman-compose on the images built here.

podman 4.3 without systemd runs no health checks by itself, and podman-compose can't wait for them: the test starts the
servers first and runs their checks of the file until they pass. All else is podman-compose's own.
"""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from canslim_cli.embedded.access import free_port
from tests.images.building import ROOT, TAG, server_image
from tests.images.engine import Engine, until
from tests.images.installation import TOKEN, Container, Installation
from tests.images.promises import expect_a_sample_refresh_to_complete
from tests.programs import program

pytestmark = [pytest.mark.debian, pytest.mark.xdist_group("containers"), pytest.mark.timeout(900)]

PROJECT = "test"
COLLECTORS = 3


class Project:
    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.variables = {
            "CANSLIM_ADMIN_TOKEN": TOKEN,
            "POSTGRES_PASSWORD": secrets.token_hex(8),
            "VALKEY_PASSWORD": secrets.token_hex(8),
            "REGISTRY": "localhost/",
            "TAG": TAG,
            **{f"{name.upper()}_IMAGE": server_image(name) for name in ("postgres", "valkey", "prometheus")},
            "API_PORT": str(free_port()),
            "PROMETHEUS_PORT": str(free_port()),
        }
        self._file = folder / "env"
        self._file.write_text("".join(f"{name}={value}\n" for name, value in self.variables.items()))

    def compose(self, *arguments: str, profile: tuple[str, ...] = ()) -> str:
        podman = ["--podman-path", str(Path(__file__).parent / "podman.sh")]
        file = ["--file", str(ROOT / "compose.yaml"), "--env-file", str(self._file), "--project-name", PROJECT]
        return self.engine.run([program("podman-compose"), *podman, *file, *profile, *arguments])

    def up(self, *arguments: str) -> None:
        self.compose("up", "--detach", "postgres", "valkey")
        servers = [self.container(name) for name in ("postgres", "valkey")]
        until(lambda: all(self.healthy(server) for server in servers), "the servers are healthy")
        self.compose("up", "--detach", *arguments)

    def healthy(self, container: Container) -> bool:
        """By the check of the file."""
        return self.engine.succeeds("healthcheck", "run", container.name)

    def container(self, service: str, number: int = 1) -> Container:
        return Container(self.engine, f"{PROJECT}_{service}_{number}")

    def installation(self, **scale: int) -> Installation:
        processes = {
            service: [self.container(service, number + 1) for number in range(scale.get(service, 1))]
            for service in ("api", "collector", "scoring")
        }
        api = f"http://127.0.0.1:{self.variables['API_PORT']}"
        return Installation(self.engine, self.container("postgres").name, processes, api)


@pytest.fixture(scope="module")
def project(images: Engine, servers: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """With three collectors and Prometheus."""
    images.clear()
    project = Project(images, tmp_path_factory.mktemp("compose"))
    project.up("--scale", f"collector={COLLECTORS}")
    project.compose("up", "--detach", "prometheus", profile=("--profile", "monitoring"))
    yield project
    images.clear()


@pytest.fixture(scope="module")
def installation(project: Project) -> Iterator[Installation]:
    with project.installation(collector=COLLECTORS) as installation:
        yield installation


def test_a_refresh_completes(project: Project, installation: Installation) -> None:
    assert project.container("migration").state["ExitCode"] == 0
    expect_a_sample_refresh_to_complete(installation)


def test_the_command_line_is_in_the_api_container(project: Project, installation: Installation) -> None:
    said = project.compose("exec", "-T", "api", "canslim", "refresh", "--wait")
    assert "refresh completed: 412 of 412 symbols" in said


@pytest.mark.parametrize("service", ["api", "collector", "scoring"])
def test_the_health_check_of_the_file_passes(project: Project, installation: Installation, service: str) -> None:
    assert project.healthy(project.container(service))


@pytest.mark.parametrize("service", ["api", "collector", "scoring", "postgres", "valkey", "prometheus"])
def test_containers_are_as_the_file_says(project: Project, service: str) -> None:
    host = project.engine.inspect(project.container(service).name)["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["Memory"] > 0
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert capabilities(project.container(service)) == 0


def test_prometheus_reads_every_container_of_a_pool(project: Project, installation: Installation) -> None:
    port = project.variables["PROMETHEUS_PORT"]
    wanted = {"api": 1, "collector": COLLECTORS, "scoring": 1}
    installation.until(lambda: pools(port) == wanted, "Prometheus reads all of them")


def test_prometheus_evaluates_the_rules_of_the_chart(project: Project, installation: Installation) -> None:
    port = project.variables["PROMETHEUS_PORT"]

    def states() -> set[str]:
        return {rule["health"] for group in asked(port, "rules")["groups"] for rule in group["rules"]}

    installation.until(lambda: states() == {"ok"}, "every rule is evaluated")


def capabilities(container: Container) -> int:
    """What the first process may do, as the kernel has it."""
    status = Path("/proc", str(container.state["Pid"]), "status").read_text()
    words = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith("Cap"))
    return int(words["CapBnd"], 16) | int(words["CapEff"], 16)


def asked(port: str, what: str) -> dict[str, Any]:
    data: dict[str, Any] = httpx.get(f"http://127.0.0.1:{port}/api/v1/{what}").json()["data"]
    return data


def pools(port: str) -> dict[str, int]:
    """How many targets of each pool Prometheus reads."""
    try:
        targets = asked(port, "targets")["activeTargets"]
    except httpx.TransportError:
        return {}
    read = [target["labels"] for target in targets if target["health"] == "up"]
    assert all(labels["job"] == "canslim" and {"namespace", "pod"} <= set(labels) for labels in read), json.dumps(read)
    names = [labels["pool"] for labels in read]
    return {name: names.count(name) for name in set(names)}
