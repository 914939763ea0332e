"""docs/evaluation.md, written from the figures alone, so that no number on it can differ from them."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from textwrap import fill
from typing import Final

import pandas as pd

from tools.evaluate_market.figures import ALL, NAMED_MOVES, WITHOUT_SUSPECT
from tools.ratings_docs import table
from tools.validation.shared_data import ROOT

PAGE: Final = ROOT / "docs" / "evaluation.md"
HORIZONS: Final = (21, 63, 126)
DECILES: Final = tuple(str(decile) for decile in range(1, 11))
#: Drawn below the tables.
DRAWN: Final = ("rs_rating", "eps_rating", "acc_dis", "score", "composite")
NONE: Final = "–"


@dataclass(frozen=True)
class Figures:
    """The table of figures, asked by rating, horizon and measure."""

    rows: pd.DataFrame

    @cached_property
    def by_name(self) -> pd.DataFrame:
        return self.rows.set_index(["prices", "rating", "horizon", "measure", "bucket"]).sort_index()

    @property
    def ratings(self) -> list[str]:
        return [name for name in self.rows["rating"].unique() if name]

    def one(self, measure: str, rating: str = "", horizon: int = 0, bucket: str = "", prices: str = ALL) -> pd.Series:
        return pd.Series(self.by_name.xs((prices, rating, horizon, measure, bucket)))

    def value(self, measure: str, rating: str = "", horizon: int = 0, bucket: str = "", prices: str = ALL) -> float:
        return float(self.one(measure, rating, horizon, bucket, prices)["value"])

    def buckets(self, rating: str, horizon: int) -> list[str]:
        rows = self.rows[(self.rows["rating"] == rating) & (self.rows["horizon"] == horizon)]
        return rows.loc[(rows["measure"] == "excess") & (rows["prices"] == ALL), "bucket"].tolist()

    def told_apart(self, measure: str, horizon: int, prices: str = ALL) -> list[str]:
        """Ratings whose interval excludes zero (a half, for hit rates)."""
        zero = 0.5 if measure == "hit_rate" else 0.0
        found = [(name, self.one(measure, name, horizon, prices=prices)) for name in self.ratings]
        return [name for name, row in found if row["low"] > zero or row["high"] < zero]


def page(rows: pd.DataFrame) -> str:
    figures = Figures(rows)
    sections = [
        _introduction(figures),
        _done(figures),
        *(_horizon(figures, horizon) for horizon in HORIZONS),
        _deciles(figures),
        _suspect(figures),
        _delisted(figures),
        _said(figures),
    ]
    blocks = "\n\n".join(sections).replace("\n- ", "\n\n- ").split("\n\n")
    flowed = "\n\n".join(_flowed(block.strip()) for block in blocks if block.strip())
    return re.sub(r"(?<=\n)(- .*(?:\n  .*)*\n)\n(?=- )", r"\1", flowed) + "\n"


def _flowed(block: str) -> str:
    """A paragraph or an item of a list in lines of one width; tables, headings and pictures as they are."""
    if block[0] in "|#!":
        return block
    indent = "  " if block.startswith("- ") else ""
    return fill(" ".join(block.split()), 120, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def _introduction(figures: Figures) -> str:
    count, first = len(figures.ratings), HORIZONS[0]
    correlated, spread = (figures.told_apart(measure, first) for measure in ("information_coefficient", "spread"))
    half = (figures.one("information_coefficient", "rs_rating", first)[["high", "low"]] * [1, -1]).sum() / 2
    windows = figures.one("information_coefficient", "rs_rating", first)["windows"]
    return f"""\
# What the ratings were worth

Made by `python -m tools.evaluate_market` from the market data beside the repository (`../shared/data`). The page is
written from [its figures](pictures/evaluation.csv) alone; one test holds the two together, and another computes the
figures anew where the market data is there.

**In short: one year is too little to tell.** Over {first} sessions the rank correlation with the return that followed
can be told from zero for {_named(correlated)} of {count} ratings, and the top bucket's return from the bottom one's for
{_named(spread)}; about {count * 0.05:.0f} of {count} would be by chance alone. The year holds {windows:.1f} independent
windows of {first} sessions, so that the RS Rating's correlation would have to be beyond ±{half:.2f} to be noticed;
Grinold and Kahn call 0.05 good. This page is no evidence that any rating predicts returns, and none that it doesn't.
"""


def _named(names: Sequence[str]) -> str:
    if not names:
        return "none"
    return f"{len(names)} ({', '.join(f'`{name}`' for name in names)})"


def _done(figures: Figures) -> str:
    sessions, symbols = figures.one("sessions"), figures.one("symbols")
    return f"""\
## What was done

- {sessions["value"]:.0f} sessions were rated, every fifth {sessions["reason"]} on, the first with a year of history,
  by the whole catalogue: {symbols["value"]:,.0f} companies of `us_2015_2017`, {symbols["reason"]}. Each session saw
  what was known at its end: prices to it, filings collected by it, splits up to it. A test corrupts all that came
  later, and no rating changes.
- A stock is bought at the close of the session **after** the rated one, as ratings are computed from the session's
  close, and sold at the close 21, 63 or 126 sessions (1, 3, 6 months) later. Before costs, equally weighted.
- Stocks are sorted into deciles, or by grade where a rating has grades, among those that have the rating and a price.
  *Excess* is a bucket's mean return less that of all these stocks at the same session.
- *Rank correlation* (information coefficient) is Spearman's, session by session, averaged. *Hit rate* is the share of
  the top bucket's stocks that beat the median of all. *Turnover* is the share of the top bucket that was not in it
  a horizon before.
- Intervals are 95 % and allow for windows that overlap: *windows* is how many independent ones they are worth
  (Richardson and Smith 1991, see `canslim_ratings.evaluation.intervals`). Under 3 there is no interval. In simulated
  worlds with as many sessions as here they hold the truth in 95 %; a block bootstrap's do in 80 %.
- `score_graded` is the score of graded stocks only. `score_no_industry` and `composite_no_industry` are what these
  are if no industry is known, for the industries here are of 2023 (see below).
"""


def _horizon(figures: Figures, horizon: int) -> str:
    head = ("rating", "rank correlation", "top − bottom, %", "hit rate, %", "turnover, %", "sessions", "windows")
    rows = [tuple(_row(figures, rating, horizon)) for rating in figures.ratings]
    return f"## Over {horizon} sessions\n\n{table(head, rows)}"


def _row(figures: Figures, rating: str, horizon: int) -> Iterator[str]:
    correlation = figures.one("information_coefficient", rating, horizon)
    yield f"`{rating}`"
    yield _interval(correlation, 3)
    yield _interval(figures.one("spread", rating, horizon), 1, 100)
    yield _number(figures.value("hit_rate", rating, horizon) * 100, 0)
    yield _number(figures.value("turnover", rating, horizon) * 100, 0)
    yield f"{correlation['sessions']:.0f}"
    yield f"{correlation['windows']:.1f}"


def _interval(row: pd.Series, decimals: int, times: float = 1.0) -> str:
    value = _number(row["value"] * times, decimals, "+")
    if math.isnan(row["low"]):
        return value
    low, high = (_number(row[bound] * times, decimals, "+") for bound in ("low", "high"))
    told = f"{value} [{low}, {high}]"
    return f"**{told}**" if row["low"] > 0 or row["high"] < 0 else told


def _deciles(figures: Figures) -> str:
    horizon = HORIZONS[0]
    by_decile = [name for name in figures.ratings if tuple(figures.buckets(name, horizon)) == DECILES]
    rows = [(f"`{name}`", *(_excess(figures, name, horizon, decile) for decile in DECILES)) for name in by_decile]
    others = [
        f"`{name}`: "
        + ", ".join(f"{bucket} {_excess(figures, name, horizon, bucket)}" for bucket in figures.buckets(name, horizon))
        for name in figures.ratings
        if name not in by_decile
    ]
    return (
        f"## Excess return by decile over {horizon} sessions\n\nIn percent, weakest decile first; other horizons, "
        "medians and intervals are in the figures. Many stocks may share a rating, and then a decile: it may be "
        f"larger than a tenth, or empty.\n\n{table(('rating', *DECILES), rows)}\n"
        + "".join(f"- {line}\n" for line in others)
        + "\nThe same with intervals, the rank correlation of each session, and what 1 became in the top and the "
        f"bottom bucket, sorted anew each week, for {', '.join(f'`{name}`' for name in DRAWN)}:\n\n"
        "![Returns by decile, rank correlation and growth](pictures/evaluation.svg)\n\n"
        "What the bottom buckets seem to earn is to a good part prices that are wrong, as the next section shows.\n"
    )


def _excess(figures: Figures, rating: str, horizon: int, bucket: str) -> str:
    return _number(figures.value("excess", rating, horizon, bucket) * 100, 1, "+")


def _suspect(figures: Figures) -> str:
    head = ("rating", *(f"{horizon}, {prices}" for horizon in HORIZONS[:2] for prices in ("all", "without")))
    rows = [
        (
            f"`{rating}`",
            *(
                _interval(figures.one("spread", rating, horizon, prices=prices), 1, 100)
                for horizon in HORIZONS[:2]
                for prices in (ALL, WITHOUT_SUSPECT)
            ),
        )
        for rating in figures.ratings
    ]
    flipped = [
        rating
        for rating in figures.ratings
        if figures.value("spread", rating, 21) * figures.value("spread", rating, 21, prices=WITHOUT_SUSPECT) < 0
    ]
    fold = {symbol: figures.value("day_move", bucket=symbol) for symbol in NAMED_MOVES}
    left_out = figures.value("suspect", "score", 21, prices=WITHOUT_SUSPECT)
    of = figures.value("observed", "score", 21)
    correlation = max(
        abs(
            figures.value("information_coefficient", rating, 21)
            - figures.value("information_coefficient", rating, 21, prices=WITHOUT_SUSPECT)
        )
        for rating in figures.ratings
    )
    return f"""\
## What hangs on prices that may be wrong

The feed missed reverse splits: NSPR, IDXG and CTIC "rose" {fold["NSPR"]:.0f}-, {fold["IDXG"]:.0f}- and
{fold["CTIC"]:.0f}-fold in a day. A stock that does so is cheap and was weak, so the mean of a weak bucket hangs on it.
But TBRA's {fold["TBRA"]:.0f}-fold day was real: it was taken over. Below is the top bucket's return less the bottom
one's, in percent, with all windows, and without those ({100 * left_out / of:.1f} % of them over 21 sessions) in which a
price moved by over 40 % in a day without a known action. Neither is the truth: the first has errors in it, the second
leaves out collapses and takeovers.

{table(head, rows)}

The sign over 21 sessions depends on it for {len(flipped)} of {len(figures.ratings)} ratings:
{", ".join(f"`{name}`" for name in flipped)}. Rank correlations move by {correlation:.3f} at most, so they, hit rates
and medians are what to read here; means are not.
"""


def _delisted(figures: Figures) -> str:
    head = ("sessions", "purchases", "ended inside the window", "share", "different stocks", "could not be bought")
    rows = []
    for horizon in HORIZONS:
        observed, ended, stocks, absent = (
            figures.value(measure, "score", horizon) for measure in ("observed", "ended", "ended_stocks", "not_bought")
        )
        share = f"{100 * ended / observed:.1f} %"
        rows.append((str(horizon), f"{observed:,.0f}", f"{ended:,.0f}", share, f"{stocks:.0f}", f"{absent:.0f}"))
    return f"""\
## Delistings

Stocks that stopped trading are in the data until they did, and in these figures: they earn until their last close and
lie in cash after it. What holders got later (a merger's last cents, a bankruptcy's nothing) is not known; Shumway
(1997) found -30 % for stocks
delisted for bad performance, and how many of these were is not in the data. Of the stocks that `score` rates:

{table(head, rows)}"""


def _said(figures: Figures) -> str:
    market = {horizon: _market(figures, horizon) * 100 for horizon in HORIZONS}
    means = ", ".join(f"{value:+.1f} % over {horizon}" for horizon, value in market.items())
    rs = figures.value("information_coefficient", "rs_rating", 21)
    eps, smr = (figures.one("information_coefficient", name, 21)["sessions"] for name in ("eps_rating", "smr_grade"))
    return f"""\
## What this does and does not say

- **One year, one kind of market.** The average rated stock earned {means} sessions: a recovery from the low of
  February 2016 and a rise after the election. Leaders of the year before neither led nor lagged
  in it (the RS Rating's rank correlation over 21 sessions was {rs:+.3f}); momentum is known to fail at turns (Daniel
  and Moskowitz 2016). An interval speaks of more years like this one, not of others.
- **3 months are {figures.one("spread", "rs_rating", 63)["windows"]:.1f} independent windows, 6 months
  {figures.one("spread", "rs_rating", 126)["windows"]:.1f}.** Intervals over 63 sessions are as wide as that makes them;
  over 126 there are none, and its figures are anecdotes.
- **Many figures.** {len(figures.ratings)} ratings, three horizons, three measures: some exclude zero by chance. The
  ratings are also relatives of each other, so they do so together.
- **Industries are of 2023**, so only companies that lived until then have one: group ratings are told among survivors,
  and `score` and `composite` know a little of who would survive. Without industries their rank correlations over 21
  sessions are {_pair(figures, "score")} and {_pair(figures, "composite")}.
- **Filings start in 2015**, and growth needs a year of them: the EPS Rating could be evaluated at {eps:.0f} sessions,
  the SMR grade at {smr:.0f}. Nobody's holders are known, so S2, I1 and I2 are missing from every score.
- **`coverage` is no forecast.** It says how much is known of a company: less of young ones and of those that
  file late.
- **Survivors.** The data has every company that filed, delisted ones too, from 2015 on; a fifth of all tickers is kept
  back at random. It has no funds, and few foreign companies.
- **No costs.** The turnover above says how much of the top bucket would be traded each time.
"""


def _market(figures: Figures, horizon: int) -> float:
    """The mean return of all stocks that have a score, from the buckets'."""
    buckets = figures.buckets("score", horizon)
    stocks = [figures.value("stocks", "score", horizon, bucket) for bucket in buckets]
    means = [figures.value("mean", "score", horizon, bucket) for bucket in buckets]
    return sum(count * mean for count, mean in zip(stocks, means, strict=True)) / sum(stocks)


def _pair(figures: Figures, rating: str) -> str:
    known = figures.value("information_coefficient", rating, 21)
    without = figures.value("information_coefficient", f"{rating}_no_industry", 21)
    return f"{without:+.3f} (with them {known:+.3f})"


def _number(value: float, decimals: int, sign: str = "") -> str:
    return NONE if math.isnan(value) else f"{value:{sign}.{decimals}f}"
