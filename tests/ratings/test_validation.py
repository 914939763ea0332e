"""The figures of docs/validation.md; `make validate` writes the page anew."""

from functools import cache

import pytest

from canslim_ratings import Facts, Ratings, rate_all
from tests.ratings.builders import SHARED, shared
from tools.ratings_docs import table
from tools.validation.__main__ import by_library
from tools.validation.market_2017 import market_facts
from tools.validation.page import PAGE, Chapter
from tools.validation.pipeline import pipeline
from tools.validation.scored import run_pipeline


@cache
def market() -> tuple[Facts, Ratings]:
    shared("README.md")
    facts = market_facts(SHARED)
    return facts, rate_all(facts)


@cache
def chapters() -> list[Chapter]:
    return by_library(SHARED, *market())


def is_on_the_page(chapter: Chapter) -> bool:
    text = PAGE.read_text()
    rows = [table(check.cells, []).splitlines()[0] for check in chapter.checks]
    return str(chapter) in text and all(row in text for row in rows)


def test_every_figure_is_as_good_as_promised() -> None:
    checks = [check for chapter in chapters() for check in chapter.checks]
    assert len(checks) >= 9
    assert [check for check in checks if not check.holds] == []


def test_the_page_says_what_comes_out_today() -> None:
    assert [chapter.title for chapter in chapters() if not is_on_the_page(chapter)] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.servers
@pytest.mark.processes
def test_the_page_says_what_comes_out_of_the_pipeline_today() -> None:
    _, ratings = market()
    chapter = pipeline(run_pipeline(SHARED), ratings.card)
    assert all(check.holds for check in chapter.checks)
    assert is_on_the_page(chapter)
