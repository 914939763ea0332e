"""The report on the real market: the page follows from its figures, and the figures from the market."""

import numpy as np
import pandas as pd
import pytest

from tests.ratings.builders import SHARED, shared
from tools.evaluate_market.__main__ import PICTURE, evaluate_market, picture
from tools.evaluate_market.figures import NUMBERS, as_csv, kept_figures, read_figures
from tools.evaluate_market.page import PAGE, Figures, page


def test_the_page_says_what_the_figures_are() -> None:
    """`python -m tools.evaluate_market` writes it anew."""
    assert PAGE.read_text() == page(kept_figures())


def test_a_page_of_other_figures_would_be_another() -> None:
    figures = kept_figures()
    figures.loc[figures["measure"] == "spread", "value"] += 0.01
    assert PAGE.read_text() != page(figures)


def test_the_figures_are_whole() -> None:
    figures = Figures(kept_figures())
    assert len(figures.ratings) == 20
    for name in figures.ratings:
        counts = [figures.value(of, name, 21) for of in ("rated", "unpriced", "not_bought", "suspect", "observed")]
        assert counts[0] == sum(counts[1:])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_figures_and_the_picture_are_those_of_the_market() -> None:
    shared("README.md")
    report, figures = evaluate_market(SHARED)
    found, kept = read_figures(as_csv(figures)), kept_figures()
    pd.testing.assert_frame_equal(found.drop(columns=list(NUMBERS)), kept.drop(columns=list(NUMBERS)))
    np.testing.assert_allclose(found[list(NUMBERS)], kept[list(NUMBERS)], rtol=1e-4, atol=1e-7)
    assert PICTURE.read_text() == picture(report)
