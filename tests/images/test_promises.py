"""What counts as metrics that answer to the end."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.images.promises import MISSED, Try, expect_metrics_to_the_end

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def tries(answers: str) -> list[Try]:
    """One try a second; a dot is an answer."""
    seconds = [(BEGAN + timedelta(seconds=number), answer) for number, answer in enumerate(answers)]
    return [Try(when, "metrics" if answer == "." else None) for when, answer in seconds]


@pytest.mark.parametrize("answers", ["......", ".x.xx.", ".....x"])
def test_few_misses_and_an_answer_of_its_last_moment_will_do(answers: str) -> None:
    expect_metrics_to_the_end(tries(answers), BEGAN + timedelta(seconds=5))


@pytest.mark.parametrize(
    ("answers", "what"),
    [("." + "x" * (MISSED + 1) + "..", "tries in a row"), ("..xxxxx", "silent"), ("xxxxx", "never answered")],
)
def test_a_longer_silence_is_found(answers: str, what: str) -> None:
    with pytest.raises(AssertionError, match=what):
        expect_metrics_to_the_end(tries(answers), BEGAN + timedelta(seconds=len(answers) - 1))
