"""Programs of others that tests run: of `.tools`, else what this machine has."""

import shutil
from pathlib import Path

import pytest

from tools.unpack_helm import HELM_RUNS_ON, machine

TOOLS = Path(__file__).parents[1] / ".tools" / "bin"


def program(name: str) -> Path:
    """Where the program is. A test fails where `make` could have brought it: to skip it would look like a success."""
    found = shutil.which(name, path=TOOLS) or shutil.which(name)
    if found is None and machine() not in HELM_RUNS_ON:
        pytest.skip(f"{name} is not here, and does not come as a package for {machine()}")
    if found is None:
        pytest.fail(f"{name} is not installed; `make tools` brings it, and `make debian-packages` what is Debian's")
    return Path(found)
