"""One criterion on one symbol, as a dictionary."""

from typing import Any

from canslim_ratings import CRITERIA, Facts


def judge(name: str, facts: Facts, symbol: str = "A") -> dict[str, Any]:
    """What criterion `name` says of `symbol`: points, available, passed, value, reason and the inputs."""
    criterion = next(criterion for criterion in CRITERIA if criterion.id == name)
    verdicts = criterion.judge(facts)
    row: dict[str, Any] = verdicts.frame(facts.symbols).loc[symbol].to_dict()
    return row
