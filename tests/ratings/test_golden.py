import pandas as pd

from tests.ratings.golden import FILE, as_text, golden_ratings


def test_the_catalogue_says_of_the_golden_market_what_it_said() -> None:
    """`python -m tests.ratings.golden` writes the file anew; read the difference, and raise the version."""
    pinned = pd.read_csv(FILE, dtype=str, keep_default_na=False).set_index("symbol")
    pd.testing.assert_frame_equal(as_text(golden_ratings()).astype(str), pinned)


def test_the_golden_market_holds_a_value_and_a_reason_of_most_ratings() -> None:
    ratings = golden_ratings()
    assert ratings.table.drop(columns="rs_provisional").notna().sum().min() >= 10
    assert ratings.reasons.drop(columns=["score", "coverage"]).notna().sum().min() >= 1
