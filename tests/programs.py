"""Programs of others that tests run: of `.tools`, else what this machine has."""

import shutil
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / ".tools" / "bin"


def program(name: str) -> Path:
    """Where the program is. A test fails where there is none, for to skip it would look like a success."""
    found = shutil.which(name, path=TOOLS) or shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is not installed: `make tools` brings it, or `make debian-packages` if it is one of Debian's")
    return Path(found)
