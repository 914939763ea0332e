"""What the faults cost; printed at the end of the session."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Figures:
    #: Fault to seconds from the kill to the next run of each task that was killed.
    restarts: dict[str, list[float]] = field(default_factory=dict)
    #: Fault to seconds from POST to the end, runs, and tasks.
    runs: dict[str, tuple[float, int, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        if self.runs:
            yield f"{'fault':<58} {'seconds':>7} {'tasks':>6} {'extra runs':>10}"
        for fault, (seconds, runs, tasks) in self.runs.items():
            yield f"{fault:<58} {seconds:>7.1f} {tasks:>6} {runs - tasks:>10}"
        for fault, seconds_each in self.restarts.items():
            yield f"{fault}: killed tasks ran again after " + ", ".join(f"{s:.1f}" for s in seconds_each) + " s"
        if every := sorted(s for seconds in self.restarts.values() for s in seconds):
            p95 = every[min(len(every) - 1, round(0.95 * len(every)))]
            yield (
                f"restart of a killed task over {len(every)}: p50 {statistics.median(every):.1f} s, "
                f"p95 {p95:.1f} s, longest {every[-1]:.1f} s"
            )
        yield from self.notes


#: Of this test session.
FIGURES = Figures()
