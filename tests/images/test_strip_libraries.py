"""What is cut off a library is what no program needs that loads it."""

import subprocess
import sys
from pathlib import Path

import greenlet
import pytest

from tools.strip_libraries import libraries, stripped

#: A wheel of which more is for debuggers than for the interpreter.
(LIBRARY,) = Path(greenlet.__file__).parent.glob("_greenlet.*.so")


def test_a_smaller_library_does_the_same(tmp_path: Path) -> None:
    package = tmp_path / "greenlet"
    package.mkdir()
    for path in Path(greenlet.__file__).parent.glob("*.py"):
        (package / path.name).write_bytes(path.read_bytes())
    smaller = stripped(LIBRARY.read_bytes())
    (package / LIBRARY.name).write_bytes(smaller)
    assert len(smaller) < LIBRARY.stat().st_size
    code = "import greenlet; print(greenlet.__file__, greenlet.greenlet(lambda: 42).switch())"
    said = subprocess.check_output([sys.executable, "-c", code], text=True, env={"PYTHONPATH": str(tmp_path)})
    assert said.split() == [str(package / "__init__.py"), "42"]


def test_a_second_time_there_is_nothing_left_to_cut() -> None:
    once = stripped(LIBRARY.read_bytes())
    assert stripped(once) == once


@pytest.mark.parametrize("content", [b"", b"GROUP ( libx.so )", b"\x7fELF\x01\x01 for 32 bits"])
def test_what_is_no_such_library_stays_as_it_is(content: bytes) -> None:
    assert stripped(content) == content


def test_links_and_other_files_are_no_libraries(tmp_path: Path) -> None:
    for name in ("one.so", "two.so.1.2", "three.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "link.so").symlink_to("one.so")
    assert {path.name for path in libraries(tmp_path)} == {"one.so", "two.so.1.2"}
