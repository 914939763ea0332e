import pandas as pd

from bench.ratings import by_library, largest_difference
from bench.ratings_by_group import by_group
from bench.ratings_market import T0, make_market


def test_a_second_way_to_compute_the_whole_catalogue_agrees() -> None:
    """The benchmark's: one frame a symbol, written apart from the library, on stocks that lack nothing."""
    market = make_market(60, seed=7)
    assert largest_difference(by_library(market, T0), by_group(market)) < 1e-6


def test_it_agrees_on_a_past_session_of_which_more_is_known_by_now() -> None:
    market = make_market(60, past=250, seed=7)
    session = market.sessions[-120]
    assert session < T0
    assert largest_difference(by_library(market, session), by_group(market.until(session))) < 1e-6


def test_every_rating_that_the_second_way_knows_is_one_of_the_catalogue() -> None:
    market = make_market(60, seed=7)
    assert set(by_group(market)) <= set(by_library(market, T0))


def test_a_rating_that_the_second_way_does_not_know_is_left_out() -> None:
    known = pd.DataFrame({"rs_rating": [1.0, 99.0]}, ["A", "B"])
    assert largest_difference(known.assign(another=7.0), known) == 0.0
