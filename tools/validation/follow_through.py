"""Follow-through days of SPY and QQQ beside a published list of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Final

import pandas as pd

from canslim_ratings import LogEntry, index_direction
from tools.ratings_docs import table
from tools.validation.page import Chapter, Check
from tools.validation.shared_data import BENCHMARKS, read_table

#: QQQ split 2:1 on that day, and its bars are as traded: what to multiply earlier lows, closes, volumes with.
QQQ_SPLIT: Final = (pd.Timestamp("2000-03-20"), [0.5, 0.5, 2.0])
#: Longer than any closing of the exchange; the machine begins anew after it.
GAP: Final = pd.Timedelta(days=10)
TEXT: Final = """\
Bars of SPY and QQQ from 1998 to 2025 replayed session by session; the data has no bars from 2021-03 to 2022-03, nor of
QQQ from 2004-12 to 2011-03. Of the eleven published days nine are inside the data; seven of them are hit and two are
explained. On the nine the gain and the volume over that of the day before are the published ones to 0.01, but for the
volume of SPY on 2020-04-06, where the two sources' bars differ. The two, 2022-11-10 in both indexes, fall into an
uptrend that the machine has held since the day of 2022-10 it confirmed: a follow-through confirms a rally once. The
published rally day of QQQ 2020-04-02 is 13; counted from the first higher close after the low of 2020-03-23 it is 8. Of
all these years the machine names {counts} as such; the list is a choice of recent ones, so the others can't be checked
against it.

Two rules are ours where the sources are silent. A correction starts the count anew: day 1 is the first higher close
after it, though it may begin near the high, far above the lows before. {corrections} And while a rally drags on, it is
counted from a later low once a lower one is over 25 sessions old, so that a rally's day may stay or fall; the log then
has the event `later_low` and the date: on {later_lows}. Every session of the log has a text, and no state is left, nor
a day counted back, without an event.

"""


@dataclass(frozen=True)
class Replay:
    """What the machine said of one index, and what it saw, by day."""

    log: dict[date, LogEntry]
    gain: "pd.Series[float]"
    volume_ratio: "pd.Series[float]"

    @classmethod
    def of(cls, bars: pd.DataFrame) -> "Replay":
        stretch = (bars.index.to_series().diff() > GAP).cumsum()
        logs = [index_direction(part).log for _, part in bars.groupby(stretch)]
        change = bars[["close", "volume"]].pct_change()
        return cls({entry.session: entry for log in logs for entry in log}, change["close"], change["volume"] + 1)

    def count(self, event: str) -> int:
        return sum(entry.event == event for entry in self.log.values())

    def sessions_to_follow_through(self) -> list[int]:
        """From each correction to the follow-through that ended it, if one did."""
        entries = list(self.log.values())
        began: int | None = None
        waits = []
        for at, entry in enumerate(entries):
            if entry.event == "correction":
                began = at
            elif entry.event == "follow_through":
                waits += [] if began is None else [at - began]
                began = None
        return waits


def follow_through(data: Path) -> Chapter:
    published = pd.read_csv(data / "reference/follow_through_days_published.csv", parse_dates=["date"])
    replays = {name: Replay.of(_bars(data, name)) for name in BENCHMARKS}
    entries = [
        replays[name].log.get(day.date()) for name, day in zip(published["index"], published["date"], strict=True)
    ]
    hits = sum(entry is not None and entry.event == "follow_through" for entry in entries)
    rows = [_row(row, replays[str(row["index"])]) for _, row in published.iterrows()]
    counts = " and ".join(f"{replay.count('follow_through')} days of {name}" for name, replay in replays.items())
    later_lows = " and ".join(f"{replay.count('later_low')} sessions of {name}" for name, replay in replays.items())
    inside = sum(entry is not None for entry in entries)
    head = ("index", "published day", "its rally day", "ours", "its gain", "ours", "its volume", "ours", "replay")
    check = Check("follow-through days hit", f"six7alpha.com, {inside} inside", str(hits), "7", hits == 7)
    text = TEXT.format(counts=counts, corrections=" ".join(_corrections(replays)), later_lows=later_lows)
    return Chapter("Market direction: follow-through days", text + table(head, rows), [check])


def _corrections(replays: dict[str, Replay]) -> Iterator[str]:
    for name, replay in replays.items():
        waits = replay.sessions_to_follow_through()
        yield (
            f"{name} had {replay.count('correction')} corrections; from one to the follow-through it took "
            f"{min(waits)} sessions at least and a median of {median(waits):.0f}."
        )


def _bars(data: Path, name: str) -> pd.DataFrame:
    bars = read_table(data, "prices/benchmarks_1998_2025")
    bars = bars[bars["symbol"] == name].assign(session=lambda rows: pd.to_datetime(rows["date"]))
    frame = bars.set_index("session").sort_index()[["low", "close", "volume"]].astype("float64")
    if name == "QQQ":
        ex_date, factors = QQQ_SPLIT
        frame.loc[frame.index < ex_date] *= factors
    return frame


def _row(published: "pd.Series[Any]", replay: Replay) -> tuple[str, ...]:
    day = pd.Timestamp(str(published["date"]))
    theirs = (f"{published['gain_pct']:.2f} %", f"{published['volume_ratio']:.2f}")
    entry = replay.log.get(day.date())
    head = (str(published["index"]), str(day.date()), str(published["rally_day"]))
    if entry is None:
        return (*head, "", theirs[0], "", theirs[1], "", "no bars")
    found = "follow-through" if entry.event == "follow_through" else f"none: {entry.state.replace('_', ' ')} already"
    gain, ratio = f"{replay.gain[day] * 100:.2f} %", f"{replay.volume_ratio[day]:.2f}"
    return (*head, str(entry.rally_day or ""), theirs[0], gain, theirs[1], ratio, found)
