"""Pure numbers: RS Rating, the CAN SLIM letters, market direction.

Panels go in (sessions x symbols, oldest first, cut to what was known), tables by symbol come out. Nothing here
reads a file, a clock or a network, and nothing changes what it was given.
"""

from canslim_ratings.can_slim import FORMULA, ScoreCard, score
from canslim_ratings.catalogue import CATALOGUE, Rated, Rating, Ratings
from canslim_ratings.coverage import MINIMUM_COVERAGE, Coverage, measure_coverage
from canslim_ratings.criteria import CRITERIA, Criterion, Verdicts
from canslim_ratings.facts import Facts
from canslim_ratings.filings import as_known
from canslim_ratings.index_direction import IndexDirection, index_direction
from canslim_ratings.market import MarketDirection, market_direction
from canslim_ratings.market_state import LogEntry, MarketState
from canslim_ratings.panels import make_panels
from canslim_ratings.rate_all import rate_all
from canslim_ratings.relative_strength import rate_strength
from canslim_ratings.rs_variants import (
    BALANCED_HORIZON,
    CALENDAR_63,
    DISJOINT_QUARTERS,
    IBD_RS_RATING,
    SKYTE,
    VARIANTS,
    RSVariant,
)
from canslim_ratings.statements import Statements
from canslim_ratings.tables import Table, as_frame

__all__ = [
    "BALANCED_HORIZON",
    "CALENDAR_63",
    "CATALOGUE",
    "CRITERIA",
    "DISJOINT_QUARTERS",
    "FORMULA",
    "IBD_RS_RATING",
    "MINIMUM_COVERAGE",
    "SKYTE",
    "VARIANTS",
    "Coverage",
    "Criterion",
    "Facts",
    "IndexDirection",
    "LogEntry",
    "MarketDirection",
    "MarketState",
    "RSVariant",
    "Rated",
    "Rating",
    "Ratings",
    "ScoreCard",
    "Statements",
    "Table",
    "Verdicts",
    "as_frame",
    "as_known",
    "index_direction",
    "make_panels",
    "market_direction",
    "measure_coverage",
    "rate_all",
    "rate_strength",
    "score",
]
