"""The EPS Rating: growth and steadiness of earnings against all other stocks."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import FloatArray, any_of, missing, without_dust
from canslim_ratings.catalogue.eligibility import ALONE, RANKED, UNRANKED, unranked
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.criteria.c1_eps_growth import PASS_PCT
from canslim_ratings.criteria.growth import FRESH_QUARTER, NO_QUARTERS, Growth, absence, eps_growth
from canslim_ratings.earnings_record import earnings_variation
from canslim_ratings.facts import Facts
from canslim_ratings.percentile import Ranking, weighted_mean

#: Half on the two newest quarters; the newest weighs more. The rest is the record: growth more than steadiness.
WEIGHTS: Final = (0.3, 0.2, 0.3, 0.2)
#: There is nothing worse than to have no earnings left, or none twice.
ALL_LOST_PCT: Final = -100.0


def compute(facts: Facts, before: Ratings) -> Rated:
    """Places each stock by four figures, weighs the places, and ranks the result."""
    quarters = facts.statements.quarters
    newest, earlier = eps_growth(quarters, 0, 4), eps_growth(quarters, 1, 5)
    cases = [
        *unranked(facts),
        *absence(facts, quarters, FRESH_QUARTER),
        (~(newest.comparable & earlier.comparable), "no_year_ago"),
        (newest.unknown | earlier.unknown, "not_reported"),
    ]
    absent = any_of(cases)
    annual = before.card.verdicts["A2"].value
    variation = without_dust(earnings_variation(quarters))
    figures = (comparable_pct(newest), comparable_pct(earlier), annual, -variation)
    places = [Ranking.of(np.where(absent, np.nan, figure)).place for figure in figures]
    blend, weight = weighted_mean(places, WEIGHTS)
    ranking = Ranking.of(without_dust(blend))
    return Rated.where(
        ranking.rating,
        [*cases, (missing(ranking.rating), "alone")],
        {
            "growth_pct": figures[0],
            "growth_pct_quarter_before": figures[1],
            "annual_growth_pct": annual,
            "variation_pct": variation,
            "quarter_end": quarters.period_end[:, 0],
            "known_on": quarters.known_on[:, 0],
            "blend": blend,
            "weight": weight,
            **ranking.inputs,
        },
    )


def comparable_pct(growth: Growth) -> FloatArray:
    """Growth in percent, also where there is none to compute: as C1 has it for turnarounds, all lost for losses."""
    pct = np.maximum(growth.growth_pct, ALL_LOST_PCT)
    return np.where(growth.turnaround, PASS_PCT, np.where(growth.both_negative, ALL_LOST_PCT, pct))


RATING: Final = Rating(
    name="eps_rating",
    title="EPS Rating",
    version="eps-rating.1",
    unit="rating 1 to 99",
    definition="How earnings per share grew, lately and over years, and how steadily, against all other stocks.",
    formula=(
        "Four figures are each ranked and spread over 1 to 99, unrounded: growth of the newest quarter on a year ago "
        "(weight 0.3), of the quarter before (0.2), growth a year over three years (0.3, as A2), and steadiness (0.2: "
        "how little the five sums of four quarters stray from a straight line, eight quarters needed). What is missing "
        "of the last two is left out and the other weights scaled up. The mean is ranked and spread over 1 to 99. From "
        "a loss to a profit counts as growth of 25 %, as in C1; a loss counts as -100 %."
    ),
    source=(
        "IBD's EPS Rating by its public description: the last two quarters' growth, three- to five-year growth, "
        "stability; a percentile. Its weights and its way with losses are secret; these are ours."
    ),
    worked=(
        "growth {growth_pct:.1f} % and {growth_pct_quarter_before:.1f} %, {annual_growth_pct:.1f} % a year, straying "
        "by {variation_pct:.1f} %; weighted mean of the places {blend:.2f}, " + RANKED
    ),
    missing={
        **UNRANKED,
        **NO_QUARTERS,
        "no_year_ago": "the two newest quarters have no quarter a year before, give or take 20 days",
        "not_reported": "earnings per share of one of these four quarters are not reported",
        **ALONE,
    },
    reads=("close", "rs", "filings", "splits"),
    compute=compute,
)
