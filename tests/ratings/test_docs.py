from tools.ratings_docs import PAGE, page, sample_ratings


def test_the_page_is_what_the_catalogue_says_today() -> None:
    """`python -m tools.ratings_docs` writes it anew."""
    assert PAGE.read_text() == page(sample_ratings())
