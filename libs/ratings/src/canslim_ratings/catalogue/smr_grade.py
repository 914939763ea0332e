"""The SMR grade: sales growth, margin and return on equity against all other stocks."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import FloatArray, any_of, divide, missing, without_dust
from canslim_ratings.catalogue.eligibility import ALONE, RANKED, UNRANKED, unranked
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.criteria.growth import FRESH_QUARTER, NO_QUARTERS, absence, revenue_growth
from canslim_ratings.facts import Facts
from canslim_ratings.percentile import Ranking, weighted_mean
from canslim_ratings.periods import Periods

#: Quarters whose sales are compared with a year ago.
QUARTERS: Final = 3
#: Fifths of the ranked.
GRADES: Final = ((80.0, "A"), (60.0, "B"), (40.0, "C"), (20.0, "D"), (1.0, "E"))


def compute(facts: Facts, before: Ratings) -> Rated:
    """Places each stock by three figures, and ranks the mean of the places."""
    quarters = facts.statements.quarters
    sales = sales_growth_pct(quarters)
    margin = net_margin_pct(quarters)
    equity = before.card.verdicts["A3"].value
    cases = [
        *unranked(facts),
        *absence(facts, quarters, FRESH_QUARTER),
        (missing(sales), "sales_growth_unknown"),
        (missing(margin), "margin_unknown"),
        (missing(equity), "return_on_equity_unknown"),
    ]
    absent = any_of(cases)
    places = [Ranking.of(np.where(absent, np.nan, figure)).place for figure in (sales, margin, equity)]
    blend, _ = weighted_mean(places, (1.0, 1.0, 1.0))
    ranking = Ranking.of(without_dust(blend))
    return Rated.where(
        ranking.rating,
        [*cases, (missing(ranking.rating), "alone")],
        {
            "sales_growth_pct": sales,
            "net_margin_pct": margin,
            "return_on_equity_pct": equity,
            "quarter_end": quarters.period_end[:, 0],
            "known_on": quarters.known_on[:, 0],
            "blend": blend,
            **ranking.inputs,
        },
    )


def sales_growth_pct(quarters: Periods) -> FloatArray:
    """Mean growth of the three newest quarters, each on a year ago; NaN if one of them is unknown."""
    growths = [revenue_growth(quarters, back, back + 4).growth_pct for back in range(QUARTERS)]
    return without_dust(np.mean(growths, axis=0))


def net_margin_pct(quarters: Periods) -> FloatArray:
    """Net income of the four newest quarters in percent of their revenue; NaN if that is not above zero."""
    income = quarters.figures["net_income"][:, :4].sum(axis=1)
    revenue = quarters.figures["revenue"][:, :4].sum(axis=1)
    return without_dust(divide(income, np.where(revenue > 0, revenue, np.nan)) * 100.0)


RATING: Final = Rating(
    name="smr_grade",
    title="SMR grade",
    version="smr-grade.1",
    unit="rating 1 to 99, shown as A to E",
    definition="Sales growth, profit margin and return on equity against all other stocks, in five grades.",
    formula=(
        "Three figures are each ranked and spread over 1 to 99, unrounded: mean growth of the last three quarters' "
        "revenue on a year ago; net income over revenue of four quarters; return on equity (as A3). All are needed. "
        "Their mean is ranked and spread over 1 to 99: A from 80, B from 60, C from 40, D from 20, E below."
    ),
    source=(
        "IBD's SMR Rating by its public description: sales growth of three quarters, pre-tax and after-tax margin, "
        "return on equity; fifths. Filings here hold no pre-tax income, so the margin is after tax; IBD's weights are "
        "secret, these are equal."
    ),
    worked=(
        "sales {sales_growth_pct:.1f} %, margin {net_margin_pct:.1f} %, return on equity "
        "{return_on_equity_pct:.1f} %; mean of the places {blend:.2f}, " + RANKED + ", {grade}"
    ),
    missing={
        **UNRANKED,
        **NO_QUARTERS,
        "sales_growth_unknown": (
            "revenue of one of the last three quarters, or of the year before, is unknown or not above 0"
        ),
        "margin_unknown": (
            "net income or revenue of one of the last four quarters is unknown, or revenue is not above 0"
        ),
        "return_on_equity_unknown": "A3 is not available, as with negative equity",
        **ALONE,
    },
    reads=("close", "rs", "filings", "splits"),
    grades=GRADES,
    compute=compute,
)
