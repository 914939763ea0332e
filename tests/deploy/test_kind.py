"""k8s/kind.sh, with stand-ins for kind and podman that note what they are asked for."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.sources import ROOT, SERVICES, load

SCRIPT = ROOT / "k8s" / "kind.sh"
#: Answers `kind get clusters` from a file, and notes everything with the provider it would use.
KIND = """#!/bin/sh
echo "kind $* (${KIND_EXPERIMENTAL_PROVIDER:-docker})" >>"$NOTES"
if [ "$1 $2" = "get clusters" ]; then cat "$CLUSTERS"; fi
"""
ENGINE = """#!/bin/sh
echo "$(basename "$0") $*" >>"$NOTES"
"""

Run = Callable[..., list[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the script, where these clusters exist; answers what was asked for."""
    for name, script in {"kind": KIND, "podman": ENGINE, "docker": ENGINE}.items():
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)

    def run(*words: str, clusters: tuple[str, ...] = ()) -> list[str]:
        notes, known = tmp_path / "notes", tmp_path / "clusters"
        known.write_text("".join(f"{name}\n" for name in clusters))
        environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "NOTES": str(notes), "CLUSTERS": str(known)}
        subprocess.run(["/bin/sh", SCRIPT, *words], env=environ, capture_output=True, check=True, timeout=60)
        return notes.read_text().splitlines()

    return run


def test_the_cluster_is_made_where_there_is_none(run: Run) -> None:
    assert f"kind create cluster --config {SCRIPT.with_name('kind.yaml')} (podman)" in run("1.2.3")


def test_a_cluster_with_a_longer_name_is_another_one(run: Run) -> None:
    assert any(line.startswith("kind create") for line in run("1.2.3", clusters=("canslim-old", "old-canslim")))


def test_the_cluster_that_is_there_is_kept(run: Run) -> None:
    assert not any(line.startswith("kind create") for line in run("1.2.3", clusters=("other", "canslim")))


@pytest.mark.parametrize("engine", ["podman", "docker"])
def test_every_image_is_loaded_under_the_name_that_the_chart_gives_it(run: Run, engine: str) -> None:
    lines = run("1.2.3", engine, clusters=("canslim",))
    for service in SERVICES:
        image = f"docker.io/library/canslim-{service}:1.2.3"
        assert f"{engine} tag canslim-{service}:1.2.3 {image}" in lines
        (saved,) = (line.split()[-2] for line in lines if line.startswith(f"{engine} save") and line.endswith(image))
        assert f"kind load image-archive --name canslim {saved} ({engine})" in lines


def test_the_cluster_has_the_name_that_the_script_looks_for() -> None:
    assert f"cluster={load('k8s/kind.yaml')['name']}\n" in SCRIPT.read_text()


def test_the_cluster_can_spread_pods() -> None:
    assert [node["role"] for node in load("k8s/kind.yaml")["nodes"]].count("worker") >= 2
