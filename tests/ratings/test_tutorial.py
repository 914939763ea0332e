from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.ratings.notebook import run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def own_display() -> Iterator[None]:
    """The page sets how tables are shown; nobody after it shall see that."""
    with pd.option_context("display.width", None, "display.max_columns", None, "display.max_colwidth", None):
        yield


@pytest.mark.usefixtures("own_display")
def test_the_tutorial_shows_what_its_code_gives_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m tests.ratings.notebook docs/tutorial.md` writes it anew."""
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "tutorial.md").read_text()
    assert run(page) == page


def test_a_page_shows_what_is_printed_and_the_value_of_a_last_line() -> None:
    page = "Prose.\n\n```python\na = 2\nprint('one')\na + 1\n```\n\n```text\nstale\n```\n\n```python\nb = a\n```\n"
    assert run(page) == page.replace("stale", "one\n3")
