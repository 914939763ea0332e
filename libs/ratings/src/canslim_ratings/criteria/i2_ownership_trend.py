"""I2: whether institutions are buying."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import any_of, first_reason, missing, verdict
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.facts import Facts
from canslim_ratings.ownership import FRESH_DAYS, NO_OWNERSHIP, REPORT_DAYS

POINTS: Final = 5.0
FLAT_POINTS: Final = 2.0


def judge(facts: Facts) -> Verdicts:
    """Gives 5 points if more institutions hold the stock than a report earlier, 2 if as many, else none.

    A report earlier: the newest snapshot 60 to 200 days older. Value: the change in holders, or, where
    either number is unknown, in percent owned (input `measure` says which).
    Not available: `no_ownership`, `stale_ownership` (the newest snapshot is over 200 days old), `one_snapshot_only`,
    `old_snapshot_before` (the one before is over 200 days older), `not_reported`.
    """
    now, previous = facts.holdings.now, facts.holdings.previous
    holders = now.figures["holders"] - previous.figures["holders"]
    pct = now.figures["institutional_pct"] - previous.figures["institutional_pct"]
    change = np.where(np.isnan(holders), pct, holders)
    cases = [
        *facts.holdings.absence(),
        (np.asarray(np.isnat(previous.as_of)), "one_snapshot_only"),
        (np.asarray(now.as_of - previous.as_of > np.timedelta64(FRESH_DAYS, "D")), "old_snapshot_before"),
        (missing(change), "not_reported"),
    ]
    value = np.where(any_of(cases), np.nan, change)
    points = np.where(value > 0, POINTS, np.where(value == 0, FLAT_POINTS, 0.0))
    measure = np.where(np.isnan(holders), "institutional_pct", "holders").astype(object)
    measure[missing(value)] = None
    return verdicts(
        np.where(np.isnan(value), np.nan, points),
        most=POINTS,
        passed=verdict(value, value > 0),
        value=value,
        reason=first_reason(len(value), cases),
        inputs={
            "measure": measure,
            "as_of": now.as_of,
            "holders": now.figures["holders"],
            "institutional_pct": now.figures["institutional_pct"],
            "as_of_before": previous.as_of,
            "holders_before": previous.figures["holders"],
            "institutional_pct_before": previous.figures["institutional_pct"],
        },
    )


CRITERION: Final = Criterion(
    id="I2",
    letter="I",
    title="Institutional trend",
    points=POINTS,
    unit="change in holders, or in percent owned",
    threshold="more holders, or more owned, than one report earlier",
    version="i2.2",
    worked=(
        "{holders:,.0f} institutions held it on {as_of}, on {as_of_before} {holders_before:,.0f}. They "
        "owned {institutional_pct:.1f} %, before {institutional_pct_before:.1f} %."
    ),
    remarks={
        **NO_OWNERSHIP,
        "one_snapshot_only": f"no report is known that is {REPORT_DAYS} days older than the newest",
        "old_snapshot_before": f"the report before the newest is over {FRESH_DAYS} days older",
        "not_reported": "neither the number of holders nor what they own is known twice",
    },
    judge=judge,
)
