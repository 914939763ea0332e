"""One rating of one symbol, as a dictionary."""

from typing import Any

from canslim_ratings import Facts, rate_all


def rate(name: str, facts: Facts, symbol: str = "A") -> dict[str, Any]:
    """What rating `name` says of `symbol`: its value, grade and reason, and the inputs beside them."""
    ratings = rate_all(facts)
    at = ratings.symbols.get_loc(symbol)
    found = ratings[name]
    inputs = {key: values[at] for key, values in found.inputs.items()}
    grade = next(rating for rating in ratings.catalogue if rating.name == name).grade(found.value)[at]
    return inputs | {"value": found.value[at], "grade": grade, "reason": found.reason[at]}
