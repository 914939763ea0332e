import doctest
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "libs" / "ratings" / "README.md"


def test_the_example_in_the_readme_runs() -> None:
    found = doctest.testfile(str(README), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 0
    assert found.failed == 0
