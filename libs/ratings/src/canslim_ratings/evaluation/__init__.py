"""What ratings were worth: forward returns by decile, hit rate, turnover, rank correlation, with intervals.

Ratings by session and a panel of adjusted closes go in, a report comes out; it is rendered as text, as CSV and as a
page of plots. Nothing here reads a file or a clock, and nothing is drawn at random.

A stock is bought at the close of the session *after* the rated one: ratings are computed from the session's close and
published after it, so nobody could have traded at it. It is sold at the close `horizon` sessions later. What was rated
but could not be bought, and what stopped trading before it was sold, is counted (see `Counts`).
"""

from canslim_ratings.evaluation.as_frame import as_csv, as_frame, by_session
from canslim_ratings.evaluation.as_page import as_page
from canslim_ratings.evaluation.as_text import as_text
from canslim_ratings.evaluation.evaluate import HORIZONS, evaluate
from canslim_ratings.evaluation.intervals import Estimate, estimate, independent_windows
from canslim_ratings.evaluation.report import Counts, EvaluatedRating, EvaluationReport, Outcome
from canslim_ratings.evaluation.suspect_moves import suspect_moves

__all__ = [
    "HORIZONS",
    "Counts",
    "Estimate",
    "EvaluatedRating",
    "EvaluationReport",
    "Outcome",
    "as_csv",
    "as_frame",
    "as_page",
    "as_text",
    "by_session",
    "estimate",
    "evaluate",
    "independent_windows",
    "suspect_moves",
]
