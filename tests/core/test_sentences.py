from typing import Any

import pytest

from canslim_core.sentences import fill_in, fill_in_what_is_known


@pytest.mark.parametrize(
    ("value", "words"),
    [(43_741_000_000.0, "43.7 billion"), (-1.5e12, "-1.5 trillion"), (1e6, "1 million"), (999.0, "999"), (0.0, "0")],
)
def test_large_numbers_are_told_in_words(value: float, words: str) -> None:
    assert fill_in("{value:big}", {"value": value}) == words


@pytest.mark.parametrize("figures", [{}, {"eps": None}])
def test_a_missing_figure_is_said_to_be_missing(figures: dict[str, Any]) -> None:
    assert fill_in("EPS {eps:.2f}", figures) == "EPS (missing)"


def test_codes_read_as_words() -> None:
    assert fill_in("in a {state}", {"state": "confirmed_uptrend"}) == "in a confirmed uptrend"


def test_sentences_with_a_missing_figure_are_left_out() -> None:
    text = "EPS {eps:.2f}. Before {before:.2f}. That is {value:+.0f} %."
    assert list(fill_in_what_is_known(text, {"eps": 1.5, "value": 20.0})) == ["EPS 1.50.", "That is +20 %."]
