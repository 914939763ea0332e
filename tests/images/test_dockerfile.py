"""The Dockerfile as text; nothing is built."""

import re
import subprocess

import pytest

from tests.images.building import ROOT, SERVICES
from tests.programs import program

DOCKERFILE = (ROOT / "Dockerfile").read_text()
SCRIPTS = ("tools/base_image.sh", "tools/image_packages.sh", "tools/images.sh", "tests/images/podman.sh")


def test_hadolint_finds_nothing() -> None:
    done = subprocess.run([program("hadolint"), ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.debian
@pytest.mark.parametrize("script", SCRIPTS)
def test_shellcheck_finds_nothing(script: str) -> None:
    done = subprocess.run([program("shellcheck"), ROOT / script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_has_a_target_and_starts_as_itself(service: str) -> None:
    stage = re.search(rf"^FROM runtime AS {service}\n(.*?)(?=^FROM|\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert stage is not None
    assert f'ENTRYPOINT ["canslim-{service}"]' in stage[1]


def test_every_stage_stands_on_the_one_base() -> None:
    bases = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", DOCKERFILE, re.MULTILINE))
    assert bases - stages == {"${BASE_IMAGE}"}


def test_every_member_of_the_workspace_is_known_before_its_code() -> None:
    manifests = {str(path.relative_to(ROOT)) for path in ROOT.glob("*/*/pyproject.toml")}
    copied = set(re.findall(r"^COPY (\S+/pyproject\.toml) ", DOCKERFILE, re.MULTILINE))
    assert copied == manifests


@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore", "compose.yaml", "tools/builder.lock", *SCRIPTS])
def test_no_file_of_the_build_names_a_registry(name: str) -> None:
    assert set(re.findall(r"https?://([\w.-]+)", (ROOT / name).read_text())) <= {"127.0.0.1"}


def test_only_what_the_images_are_made_of_is_sent_to_the_builder() -> None:
    first, *rest = (line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#"))
    assert first == "*"
    sent = [line.removeprefix("!") for line in rest if line.startswith("!")]
    assert all((ROOT / name).exists() for name in sent)
    for name in re.findall(r"^COPY ((?!--from)[^\n]+) \S+$", DOCKERFILE, re.MULTILINE):
        assert all(any(path == known or path.startswith(f"{known}/") for known in sent) for path in name.split()), name
