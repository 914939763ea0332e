"""`make bench-ratings`: every rating of the catalogue beside the same the pandas group-by way.

One session of 10,000 symbols, and a back-fill of 250 sessions of 3,550, from panels and tables in memory on one thread.
Both ways take turns, a part of the back-fill each; their values are compared, on the last session and on a past one.
The group-by way, which takes so much a symbol, is measured on fewer.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Final

# Before numpy is loaded, which reads it once.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from bench.ratings_by_group import by_group
from bench.ratings_market import T0, Known, make_market
from canslim_ratings import CATALOGUE, rate_all, rate_strength

#: Seconds of one core: for the catalogue and 10,000 symbols, and for 250 sessions of 3,550.
BUDGET: Final = 0.5
BACK_FILL_BUDGET: Final = 60.0

console = Console()


def by_library(known: Known, session: pd.Timestamp) -> pd.DataFrame:
    prices = known.prices(session)
    return rate_all(known.facts(session, prices, rate_strength(prices["close"]))).table


@dataclass
class Taken:
    """Seconds of each run: passed, and of the processor, which other programs lengthen less."""

    symbols: int
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def time(self, run: Callable[..., object], *given: object) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        run(*given)
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)

    @property
    def rate(self) -> float:
        """Symbols a second of the processor."""
        return self.symbols / median(self.cpu)


def largest_difference(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Between the ratings that both ways compute: one more in the catalogue is no more work here."""
    one = one[[name for name in one if name in other]]
    other = other[list(one.columns)].reindex(one.index)
    if not one.isna().equals(other.isna()):
        raise SystemExit("the two ways disagree on what is missing")
    return float(np.nanmax(np.abs((one - other).to_numpy())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=10_000)
    parser.add_argument("--group-symbols", type=int, default=300, help="for the group-by way, which is slow")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--back-fill-symbols", type=int, default=3_550)
    parser.add_argument("--back-fill-sessions", type=int, default=250)
    given = parser.parse_args()
    past = given.back_fill_sessions
    small, small_past = make_market(given.group_symbols), make_market(given.group_symbols, past=past)
    first = small_past.sessions[-past]
    difference = max(
        largest_difference(by_library(small, T0), by_group(small)),
        largest_difference(by_library(small_past, first), by_group(small_past.until(first))),
    )
    load = os.getloadavg()[0]
    large = make_market(given.symbols), make_market(given.back_fill_symbols, past=past)
    ways = measure(large, (small, small_past), past, given.rounds)
    console.print(report(f"{len(CATALOGUE)} ratings; {platform.machine()}, one thread, load {load:.2f}", ways))
    for what in ("one session", "back-fill"):
        ratio = ways[f"{what}, canslim"].rate / ways[f"{what}, group-by"].rate
        console.print(f"{what}, ratio of symbols per CPU second: [bold]{ratio:,.0f}[/bold]")
    console.print(f"largest difference between the two on {given.group_symbols} symbols: {difference:.1e}")
    one, whole = ways["one session, canslim"], ways["back-fill, canslim"]
    print_budget(f"{given.symbols:,} symbols, a session", BUDGET, median(one.cpu), median(one.wall))
    print_budget(
        f"{given.back_fill_symbols:,} symbols, {past} sessions", BACK_FILL_BUDGET, sum(whole.cpu), sum(whole.wall)
    )


def measure(large: tuple[Known, Known], small: tuple[Known, Known], past: int, rounds: int) -> dict[str, Taken]:
    """Times all in turns; of each pair of markets the second has a past."""
    one, back_fill = (Taken(len(known.group)) for known in large)
    one_grouped, grouped = (Taken(len(known.group)) for known in small)
    days = large[1].sessions[-past:]
    for part in np.array_split(np.arange(past), rounds):
        one.time(by_library, large[0], T0)
        one_grouped.time(by_group, small[0])
        for at in part:
            back_fill.time(by_library, large[1], days[at])
        grouped.time(lambda day: by_group(small[1].until(day)), days[part[0]])
    return {
        "one session, canslim": one,
        "one session, group-by": one_grouped,
        "back-fill, canslim": back_fill,
        "back-fill, group-by": grouped,
    }


def report(title: str, ways: dict[str, Taken]) -> Table:
    table = Table(title=title)
    for name in ("medians (range)", "symbols", "runs", "seconds", "CPU seconds", "symbols/CPU s"):
        table.add_column(name, justify="right" if table.columns else "left")
    for what, taken in ways.items():
        runs = str(len(taken.cpu))
        table.add_row(
            what, f"{taken.symbols:,}", runs, f"{median(taken.wall):.3f}", spread(taken.cpu), f"{taken.rate:,.0f}"
        )
    return table


def print_budget(what: str, budget: float, cpu: float, wall: float) -> None:
    verdict = "kept" if cpu <= budget else "EXCEEDED"
    console.print(f"{what}: {cpu:.2f} s of CPU, {wall:.2f} s passed; budget {budget:g} s of CPU: {verdict}")


def spread(seconds: list[float]) -> str:
    return f"{median(seconds):.3f} ({min(seconds):.3f}-{max(seconds):.3f})"


if __name__ == "__main__":
    main()
