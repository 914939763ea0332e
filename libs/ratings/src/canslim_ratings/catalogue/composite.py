"""The composite: earnings, strength, group, profitability, volume and the distance from the high in one number."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import any_of, missing, without_dust
from canslim_ratings.catalogue.eligibility import ALONE, RANKED
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.facts import Facts
from canslim_ratings.percentile import Ranking, weighted_mean

#: Earnings and strength count double (IBD).
WEIGHTS: Final = {"rs_rating": 2.0, "eps_rating": 2.0, "group_rs": 1.0, "smr_grade": 1.0, "acc_dis": 1.0, "high": 1.0}
#: As no score is graded on less of the rubric.
MINIMUM_WEIGHT: Final = 0.70


def compute(facts: Facts, before: Ratings) -> Rated:
    """Weighs six places from 1 to 99, and ranks their mean."""
    below = before.card.verdicts["N1"].value
    parts = [before[name].value for name in ("rs_rating", "eps_rating", "group_rs", "smr_grade", "acc_dis")]
    _, weight = weighted_mean([*parts, below], list(WEIGHTS.values()))
    cases = [
        (missing(parts[0]), "rs_missing"),
        (missing(parts[1]), "eps_missing"),
        (weight < MINIMUM_WEIGHT, "low_coverage"),
    ]
    absent = any_of(cases)
    # These two are no ratings from 1 to 99 yet.
    volume, high = (Ranking.of(np.where(absent, np.nan, figure)).place for figure in (parts[4], -below))
    mean, _ = weighted_mean([*parts[:4], volume, high], list(WEIGHTS.values()))
    blend = np.where(absent, np.nan, without_dust(mean))
    ranking = Ranking.of(blend)
    return Rated.where(
        ranking.rating,
        [*cases, (missing(ranking.rating), "alone")],
        {
            **dict(zip(WEIGHTS, parts, strict=False)),
            "acc_dis_place": volume,
            "below_high_pct": below,
            "below_high_place": high,
            "blend": blend,
            "weight": weight,
            **ranking.inputs,
        },
    )


RATING: Final = Rating(
    name="composite",
    title="Composite Rating",
    version="composite.1",
    unit="rating 1 to 99",
    definition="All of the above in one number, earnings and price strength counting double.",
    formula=(
        "(2 rs_rating + 2 eps_rating + group_rs + smr_grade + A + H) / 8, ranked and spread over 1 to 99. A is acc_dis "
        "and H the closeness to the 52-week high (as N1), each ranked and spread over 1 to 99, unrounded. Of the four "
        "single parts what is missing is left out and the weights scaled up, as long as 70 % of them remain."
    ),
    source=(
        "IBD's Composite Rating by its public description: EPS and RS double, group, SMR and accumulation/distribution "
        "single, plus the distance from the high. Its exact weights are secret."
    ),
    worked=(
        "RS {rs_rating:g}, EPS {eps_rating:g}, group {group_rs:g}, SMR {smr_grade:g}, volume {acc_dis_place:.1f}, "
        "high {below_high_place:.1f}; weighted mean {blend:.2f}, " + RANKED
    ),
    missing={
        "rs_missing": "no RS Rating",
        "eps_missing": "no EPS Rating",
        "low_coverage": "under 70 % of the weights: two of the four single parts at least are missing",
        **ALONE,
    },
    reads=("close", "high", "low", "volume", "rs", "filings", "splits", "group"),
    builds_on=("rs_rating", "eps_rating", "group_rs", "smr_grade", "acc_dis"),
    compute=compute,
)
