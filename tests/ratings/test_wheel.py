"""The library as somebody else installs it: a wheel, alone."""

import subprocess
import sys
import sysconfig
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "libs" / "ratings"
SITE_PACKAGES = sysconfig.get_path("purelib")
#: -S leaves out the editable installs of the repository; NumPy and pandas come from `SITE_PACKAGES` as a mere folder.
PROGRAM = """
import sys
from importlib.util import find_spec
target, site_packages = sys.argv[1:]
sys.path[:0] = [target, site_packages]
sys.modules["pyarrow"] = None  # An import of it fails from here on.
import canslim_ratings
assert canslim_ratings.__file__.startswith(target), canslim_ratings.__file__
assert canslim_ratings.rate_strength.__doc__ and len(canslim_ratings.CATALOGUE) >= 17
others = ("core", "calendar", "infra", "api", "collector", "scoring", "cli")
assert not any(find_spec(f"canslim_{name}") for name in others)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=LIBRARY, check=True, capture_output=True, timeout=120)
    [built] = folder.glob("*.whl")
    return built


def test_it_holds_the_typed_package_and_nothing_else(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    assert "canslim_ratings/py.typed" in names
    assert "canslim_ratings/catalogue/composite.py" in names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"canslim_ratings"}


def test_it_asks_for_numpy_and_pandas_only(wheel: Path) -> None:
    archive = ZipFile(wheel)
    [metadata] = [name for name in archive.namelist() if name.endswith("/METADATA")]
    headers = Parser().parsestr(archive.read(metadata).decode())
    assert headers.get_all("Requires-Dist") == ["numpy>=2.4", "pandas>=3.0"]


def test_it_runs_from_a_folder_with_nothing_else_of_ours(wheel: Path, tmp_path: Path) -> None:
    install = [sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--target", str(tmp_path)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True, timeout=120)
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", PROGRAM, str(tmp_path), SITE_PACKAGES]
    subprocess.run(command, check=True, timeout=120)
