"""Writes docs/ratings.md from the catalogue: every rating and criterion, worked out on the sample's real stocks."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pandas as pd

from canslim_core.ratings import RATINGS
from canslim_ratings import CATALOGUE, CRITERIA, Facts, Rating, Ratings, make_panels, market_direction, rate_all
from canslim_ratings.relative_strength import rate_strength
from canslim_ratings.rs_variants import VARIANTS

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "ratings.md"
SAMPLE: Final = ROOT / "services/collector/src/canslim_collector/sample_data"
BENCHMARKS: Final = ["SPY", "QQQ"]
#: The stock that each rating is worked out on, and what to take for one that has no value.
STOCK: Final = "AMZN"
#: The sample names no industries; these are put in here, so that groups can be shown.
INDUSTRIES: Final = {
    "Airlines": ("AAL", "ALK", "DAL", "LUV", "UAL"),
    "Banks": ("BAC", "BBT", "JPM", "PNC", "USB", "WFC"),
    "Drug makers": ("ABBV", "JNJ", "LLY", "MRK"),
    "Oil and gas": ("COP", "HES", "MRO", "OXY"),
    "Retailers": ("AMZN", "BBY", "EBAY", "HD", "JWN", "KSS", "LOW", "M", "WMT"),
    "Semiconductors": ("ADI", "AMAT", "AVGO", "INTC", "KLAC", "MU", "NVDA", "QCOM", "TXN", "XLNX"),
}
INTRODUCTION: Final = """\
# Ratings

Made by `python -m tools.ratings_docs` from the catalogue in `libs/ratings`; a test works every example out anew and
holds the page and the code together. Higher is stronger. What cannot be computed is missing, never 0 or 50, and has a
reason. Only what has a value is ranked, so nothing that is missing moves anybody.

Examples are {stock} among the {count} stocks of the sample at {session}. The sample names no industries; for group
ratings {grouped} of its stocks were given theirs. How the numbers compare with what others publish is in
[validation.md](validation.md), how to compute them from a table of one's own in [tutorial.md](tutorial.md).
"""
RUBRIC: Final = """\
## The rubric behind the score

Points lie on the line through the steps unless said otherwise. What is not available costs coverage, never points.

"""
VARIANTS_OF_RS: Final = """\
## Readings of the RS Rating

IBD fixes the weights and neither the look-backs nor the mapping. Others read them otherwise; a researcher names the
variant: `rate_strength(close, variant=canslim_ratings.SKYTE)`. What is published is `calendar-63`.

"""


def sample_ratings() -> Ratings:
    """The catalogue's word on the sample's last session."""
    bars = pd.read_parquet(SAMPLE / "prices.parquet").rename(columns={"date": "session"})
    bars = bars.assign(symbol=bars["symbol"].astype(str), session=pd.to_datetime(bars["session"]))
    events = _events()
    for name in ("close", "high", "low"):
        bars[name] = bars[name].astype("float64") * bars["adj_factor"]
    stocks = bars[~bars["symbol"].isin(BENCHMARKS)]
    indexes = {name: bars[bars["symbol"] == name].set_index("session").sort_index() for name in BENCHMARKS}
    panels = make_panels(stocks)
    industry = {symbol: name for name, members in INDUSTRIES.items() for symbol in members}
    close = panels["close"]
    known_actions = events.rename(columns={"ex_date": "session"})
    return rate_all(
        Facts(
            session=close.index[-1],
            close=close,
            high=panels["high"],
            low=panels["low"],
            volume=in_shares_of_today(panels["volume"], events),
            rs=rate_strength(close, known_actions=known_actions),
            filings=pd.read_parquet(SAMPLE / "filings.parquet"),
            splits=events[events["kind"] == "split_like"],
            group=pd.Series(industry, dtype=object),
            market=market_direction(indexes),
            benchmark=indexes["SPY"],
        )
    )


def _events() -> pd.DataFrame:
    events = pd.read_parquet(SAMPLE / "events.parquet")
    return events.assign(symbol=events["symbol"].astype(str), ex_date=pd.to_datetime(events["ex_date"]))


def in_shares_of_today(volume: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    adjusted = volume.copy()
    splits = events[events["kind"] == "split_like"]
    for symbol, ex_date, factor in zip(splits["symbol"], splits["ex_date"], splits["factor"], strict=True):
        adjusted[symbol] = adjusted[symbol].where(adjusted.index >= ex_date, adjusted[symbol] / factor)
    return adjusted


def page(ratings: Ratings) -> str:
    introduction = INTRODUCTION.format(
        stock=STOCK,
        count=len(ratings.symbols),
        session=ratings.session.date(),
        grouped=sum(len(members) for members in INDUSTRIES.values()),
    )
    sections = [introduction, _overview()]
    sections += [_section(rating, ratings) for rating in CATALOGUE]
    return "\n".join([*sections, VARIANTS_OF_RS + _variants(), RUBRIC + _rubric(), *_criteria(ratings)])


def _overview() -> str:
    return table(
        ("name", "title", "from", "to", "what it counts", "version"),
        (
            (
                f"[`{rating.name}`](#{rating.name})",
                rating.title,
                _plain(rating.low),
                _plain(rating.high),
                rating.unit,
                f"`{rating.version}`",
            )
            for rating in CATALOGUE
        ),
    )


def _section(rating: Rating, ratings: Ratings) -> str:
    builds_on = f"; builds on {', '.join(f'`{name}`' for name in rating.builds_on)}" if rating.builds_on else ""
    lines = [
        f"## {rating.name}",
        f"**{rating.title}.** {rating.definition}",
        f"*Formula* (`{rating.version}`): {rating.formula}",
        f"*Source*: {rating.source}",
        f"*Read from*: {', '.join(f'`{name}`' for name in rating.reads)}{builds_on}.",
        *_examples(rating, ratings),
    ]
    missing = table(("reason", "missing because"), ((f"`{code}`", text) for code, text in rating.missing.items()))
    return "\n\n".join([*lines, missing if rating.missing else "Never missing.\n"])


def _examples(rating: Rating, ratings: Ratings) -> Iterator[str]:
    """One stock with a value, and one without, if there are."""
    rated = ratings[rating.name]
    reasons = dict(zip(ratings.symbols.astype(str), rated.reason, strict=True))
    valued = [symbol for symbol, reason in reasons.items() if reason is None]
    if valued:
        symbol = STOCK if STOCK in valued else valued[0]
        yield f"*Example*: {symbol}: {_worked(rating, ratings, symbol)}."
    counts = Counter(reason for reason in reasons.values() if reason is not None)
    if counts:
        # The rarest reason says more than that a stock does not trade any more.
        rarest = min(counts, key=counts.__getitem__)
        symbol = next(symbol for symbol, reason in reasons.items() if reason == rarest)
        yield f"*Without a value*: {symbol}: {_worked(rating, ratings, symbol)} (`{rarest}`)."


def _worked(rating: Rating, ratings: Ratings, symbol: str) -> str:
    [(_, details)] = ratings.details([symbol])
    return RATINGS[rating.name].work_out(details[rating.name])


def _variants() -> str:
    return table(
        ("name", "version", "reading"),
        ((f"`{variant.name}`", f"`{variant.version}`", variant.description) for variant in VARIANTS),
    )


def _rubric() -> str:
    return table(
        ("id", "criterion", "points", "passes with", "unit"),
        (
            (criterion.id, criterion.title, _plain(criterion.points), criterion.threshold, criterion.unit)
            for criterion in CRITERIA
        ),
    )


def _criteria(ratings: Ratings) -> Iterator[str]:
    [(_, letters)] = ratings.card.details([STOCK])
    judged = {part["id"]: part for letter in letters.values() for part in letter["criteria"]}
    for criterion in CRITERIA:
        sheet = "\n".join(line.strip() for line in (criterion.judge.__doc__ or "").strip().splitlines())
        part = judged[criterion.id]
        points = "not available" if part["points"] is None else f"{part['points']:g} of {part['available']:g} points"
        value = "" if part["value"] is None else f", value {part['value']:.6g} {criterion.unit}"
        reason = f" (`{part['reason']}`)" if part["reason"] else ""
        inputs = ", ".join(f"{name} {_plain(value)}" for name, value in part["inputs"].items() if value is not None)
        example = f"*Example*: {STOCK}: {points}{value}{reason}. {inputs}".rstrip()
        yield f"### {criterion.id} {criterion.title}\n\n{sheet}\n\n{example}\n"


def _plain(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in cells)


if __name__ == "__main__":
    PAGE.write_text(page(sample_ratings()))
    print(f"wrote {PAGE.relative_to(ROOT)}")
