"""Evaluates a catalogue on one session."""

from collections.abc import Iterable

from canslim_ratings.can_slim import score
from canslim_ratings.catalogue import CATALOGUE, Rating, Ratings
from canslim_ratings.facts import Facts


def rate_all(facts: Facts, catalogue: Iterable[Rating] = CATALOGUE) -> Ratings:
    """Rates every symbol of `facts` by every rating of `catalogue`, in its order; the rubric's card comes along.

    catalogue: all of it unless told otherwise; a rating needs those that it builds on before it.
    """
    ratings = Ratings(facts.session, facts.symbols, score(facts))
    for rating in catalogue:
        ratings = ratings.followed_by(rating, facts)
    return ratings
