"""An evaluation as one page of HTML with its plots inside; it fetches nothing."""

import math
from collections.abc import Iterator
from html import escape
from typing import Final

from canslim_ratings.evaluation.drawing.canvas import DARK, LIGHT, STYLE
from canslim_ratings.evaluation.drawing.plots import draw_rating, first_measured
from canslim_ratings.evaluation.intervals import Estimate
from canslim_ratings.evaluation.report import EvaluatedRating, EvaluationReport

PAGE_STYLE: Final = f"""
:root{{color-scheme:light dark}}
body{{font:14px/1.5 Inter,Roboto,Helvetica,Arial,sans-serif;color:{LIGHT["ink"]};background:{LIGHT["paper"]};
max-width:1080px;margin:2em auto;padding:0 1em}}
table{{border-collapse:collapse;font-size:13px}}
td,th{{padding:2px 12px 2px 0;text-align:right;white-space:nowrap}}
td:first-child,th:first-child{{text-align:left}}
th{{border-bottom:1px solid {LIGHT["faint"]}}} svg{{max-width:100%;height:auto}} .sure{{font-weight:600}}
@media (prefers-color-scheme:dark){{body{{color:{DARK["ink"]};background:{DARK["paper"]}}}a{{color:{DARK["blue"]}}}}}
"""
INTRODUCTION: Final = (
    "Stocks are ranked by a rating at the end of a session, bought in equal parts at the close of the next one and "
    "sold so many sessions later, before costs. Who stopped trading before counts with what it earned until then. "
    "In brackets are 95 % intervals that allow for overlapping windows; bold ones exclude zero. With so many figures "
    "one in twenty does so by chance, and an interval knows nothing of markets unlike the one that was measured."
)
HEAD: Final = ("rating", "rank correlation", "top - bottom, %", "hit rate, %", "turnover, %", "sessions", "windows")


def as_page(report: EvaluationReport, title: str = "What the ratings were worth") -> str:
    """The page: a table for each horizon, then the plots of each rating. The same report gives the same bytes."""
    first, last = report.sessions[0], report.sessions[-1]
    scope = (
        f"{len(report.sessions)} rated sessions from {first:%Y-%m-%d} to {last:%Y-%m-%d}, {report.symbols:,} stocks, "
        f"prices to {report.panel[1]:%Y-%m-%d}."
    )
    return "\n".join(
        [
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            f"<style>{STYLE}{PAGE_STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>\n<p>{scope} {INTRODUCTION}</p>",
            *(_table(report, horizon) for horizon in report.horizons),
            *(_section(report, rating) for rating in report.ratings.values()),
            "</body></html>\n",
        ]
    )


def _table(report: EvaluationReport, horizon: int) -> str:
    head = "".join(f"<th>{name}</th>" for name in HEAD)
    rows = "\n".join(f"<tr>{''.join(_cells(rating, horizon))}</tr>" for rating in report.ratings.values())
    return f"<h2>{horizon} sessions</h2>\n<table><tr>{head}</tr>\n{rows}</table>"


def _cells(rating: EvaluatedRating, horizon: int) -> Iterator[str]:
    outcome = rating.outcomes[horizon]
    yield f'<td><a href="#{escape(rating.name)}">{escape(rating.title)}</a></td>'
    yield _cell(outcome.information_coefficient, 3)
    yield _cell(outcome.spread, 1, 100.0)
    yield f"<td>{_number(outcome.hit_rate.value * 100.0, 1)}</td>"
    yield f"<td>{_number(outcome.turnover * 100.0, 0)}</td>"
    yield f"<td>{outcome.information_coefficient.sessions}</td>"
    yield f"<td>{outcome.information_coefficient.windows:.1f}</td>"


def _cell(one: Estimate, decimals: int, times: float = 1.0) -> str:
    value = _number(one.value * times, decimals)
    if math.isnan(one.low):
        return f"<td>{value}</td>"
    interval = f"[{_number(one.low * times, decimals)}, {_number(one.high * times, decimals)}]"
    mark = ' class="sure"' if one.excludes_zero else ""
    return f"<td{mark}>{value} {interval}</td>"


def _section(report: EvaluationReport, rating: EvaluatedRating) -> str:
    horizon = first_measured(report, rating)
    plots = "<p>Nothing could be measured.</p>" if horizon is None else draw_rating(rating, horizon)
    counts = {horizon: outcome.counts for horizon, outcome in rating.outcomes.items()}
    ended = ", ".join(f"{one.ended:,} of {one.observed:,} over {horizon} sessions" for horizon, one in counts.items())
    suspect = ", ".join(f"{one.suspect:,} over {horizon}" for horizon, one in counts.items() if one.suspect)
    left_out = f" Left out for a move of the price that no known action explains: {suspect}." if suspect else ""
    return (
        f'<h2 id="{escape(rating.name)}">{escape(rating.title)}</h2>\n{plots}'
        f"<p>Purchases that stopped trading before they were sold: {ended}.{left_out}</p>"
    )


def _number(value: float, decimals: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{decimals}f}"
