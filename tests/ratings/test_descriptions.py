"""What canslim_core says of ratings and criteria is what canslim_ratings says."""

import re

import pytest

from canslim_core.ratings import LETTERS, NOT_GRADED
from canslim_ratings import CRITERIA, Criterion, can_slim, score
from tests.ratings.world import world
from tools.describe_ratings import FILE, described


def test_the_file_is_up_to_date() -> None:
    assert FILE.read_text("utf-8") == described(), "`make golden` writes it anew"


def test_every_reason_not_to_grade_has_words() -> None:
    documented = re.findall(r"`(\w+)`", (can_slim.ScoreCard.__doc__ or "").partition("why not graded:")[2])
    assert set(documented) == set(NOT_GRADED)


def test_the_letters_are_those_of_the_rubric() -> None:
    assert tuple(LETTERS) == can_slim.LETTERS


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda criterion: criterion.id)
def test_a_sentence_names_only_what_a_verdict_has(criterion: Criterion) -> None:
    inputs = score(world(24, seed=1).facts()).verdicts[criterion.id].inputs
    named = set(re.findall(r"{(\w+)", criterion.worked))
    assert named <= {*inputs, "value"}


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda criterion: criterion.id)
def test_every_reason_has_words(criterion: Criterion) -> None:
    """Those that its judge documents, and those that real verdicts have."""
    documented = set(re.findall(r"`(\w+)`", (criterion.judge.__doc__ or "")))
    codes = documented - {"measure", "rate_strength", "unrated"}
    found = {reason for reason in score(world(24, seed=1).facts()).verdicts[criterion.id].reason if reason}
    assert codes | found <= set(criterion.remarks)
