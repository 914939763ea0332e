"""An evaluation for a terminal, at most 100 characters wide."""

import math
from collections.abc import Iterator
from typing import Final

from canslim_ratings.evaluation.intervals import Estimate
from canslim_ratings.evaluation.report import EvaluatedRating, EvaluationReport, Outcome

WIDTH: Final = 100
#: So many buckets have room beside each other.
COLUMNS: Final = 10
REASONS: Final = {
    "no_complete_window": "no window ends inside the prices",
    "too_few_stocks": "fewer than 20 stocks have the rating",
}


def as_text(report: EvaluationReport) -> str:
    """Two tables a horizon: what each rating was worth, and the excess return of each of its buckets."""
    return "\n".join(line.rstrip() for line in _lines(report)) + "\n"


def _lines(report: EvaluationReport) -> Iterator[str]:
    first, last = report.sessions[0], report.sessions[-1]
    yield f"{len(report.sessions)} rated sessions from {first:%Y-%m-%d} to {last:%Y-%m-%d}, {report.symbols:,} stocks,"
    yield f"prices to {report.panel[1]:%Y-%m-%d}. Bought at the close after the rated session, equally weighted."
    yield "[ ] is a 95 % interval that allows for overlapping windows; * excludes zero. Before costs."
    for horizon in report.horizons:
        yield from ("", f"{horizon} SESSIONS", "")
        yield (
            f"{'rating':<23}{'rank correlation':<25}{'top - bottom, %':<24}"
            f"{'hit rate':>8}{'turnover':>9}{'sess.':>6}{'w.':>5}"
        )
        yield from (_summary(rating, rating.outcomes[horizon]) for rating in report.ratings.values())
        yield from ("", "Mean return above all rated stocks of the same session, %, weakest bucket first", "")
        for rating in report.ratings.values():
            yield from _buckets(rating, rating.outcomes[horizon])
        yield from _footnote(horizon, list(report.ratings.values()))


def _summary(rating: EvaluatedRating, outcome: Outcome) -> str:
    if outcome.reason:
        return f"{rating.name:<23}{REASONS[outcome.reason]}"
    correlation, spread = outcome.information_coefficient, outcome.spread
    return (
        f"{rating.name:<23}{_estimate(correlation, 3):<25}{_estimate(spread, 1, 100.0):<24}"
        f"{_number(outcome.hit_rate.value, 2):>8}{_number(outcome.turnover, 2):>9}"
        f"{correlation.sessions:>6}{correlation.windows:>5.1f}"
    )


def _estimate(one: Estimate, decimals: int, times: float = 1.0) -> str:
    value = f"{_number(one.value * times, decimals, '+'):>6}"
    if math.isnan(one.low):
        return f"{value} [too few windows]" if one.reason == "too_few_windows" else value
    low, high = (_number(bound * times, decimals, "+") for bound in (one.low, one.high))
    return f"{value} [{low}, {high}]{'*' if one.excludes_zero else ''}"


def _buckets(rating: EvaluatedRating, outcome: Outcome) -> Iterator[str]:
    """Labels above figures where the buckets are no deciles, in lines of ten."""
    if outcome.reason:
        return
    figures = [_number(excess * 100.0, 1, "+") for excess in outcome.buckets["excess"]]
    named = rating.labels != tuple(str(decile + 1) for decile in range(len(figures)))
    for start in range(0, len(figures), COLUMNS):
        part = slice(start, start + COLUMNS)
        name = rating.name if start == 0 else ""
        if named:
            yield f"{'':<23}" + "".join(f"{label:>7}" for label in rating.labels[part])
        yield f"{name:<23}" + "".join(f"{figure:>7}" for figure in figures[part])


def _footnote(horizon: int, ratings: list[EvaluatedRating]) -> Iterator[str]:
    """Counts of the rating with the most stocks; each rating's own are in the CSV."""
    rating = max(ratings, key=lambda one: one.outcomes[horizon].counts.observed)
    outcome, counts = rating.outcomes[horizon], rating.outcomes[horizon].counts
    yield from ("", f"{rating.name}: {counts.observed:,} purchases; {counts.not_bought:,} more had no price to buy at.")
    if counts.suspect:
        yield f"{counts.suspect:,} more were left out: a price moved in their window as no known action explains."
    yield f"{counts.ended:,} purchases, of {counts.ended_stocks:,} stocks, stopped trading before the sale; they count"
    yield f"with what they had earned. {outcome.unfinished} rated sessions are too young for {horizon} sessions."


def _number(value: float, decimals: int, sign: str = "") -> str:
    return "-" if math.isnan(value) else f"{value:{sign}.{decimals}f}"
