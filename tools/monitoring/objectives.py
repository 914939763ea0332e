"""What the system promises its operators: rules, alerts and dashboards all read it here."""

from dataclasses import dataclass
from typing import Final

from canslim_core.stages import BACKFILL, STAGES

#: Every queue with its stages, in the order of the pipeline.
QUEUES: Final[dict[str, tuple[str, ...]]] = {
    queue: tuple(stage.name for stage in STAGES.values() if stage.queue == queue)
    for queue in dict.fromkeys(stage.queue for stage in STAGES.values())
}

#: Stages whose tasks may wait: a backfill is work for hours, and nobody is late by it.
PATIENT: Final = tuple(stage.name for stage in BACKFILL)
#: A task of any other stage starts so many seconds after it is due. The chart's pools scale for it; the waits'
#: histogram has such buckets.
WAIT_OBJECTIVE: Final = {"collector": 300, "scoring": 60}
#: The share of tasks that may start later.
LATE_BUDGET: Final = 0.05
#: The share of requests that may end with a status of 500 and more.
API_ERROR_BUDGET: Final = 0.005


@dataclass(frozen=True, slots=True)
class Burn:
    """A budget burns when it does so in a long window and, which ends the alert soon, in a short one.

    factor: how many times faster than allowed. events: so many bad ones, for two at night are no rate.
    """

    hours: int
    short: str
    factor: float
    events: int

    @property
    def long(self) -> str:
        return f"{self.hours}h"


#: Of a month's budget, 2 % in an hour …
FAST: Final = Burn(hours=1, short="5m", factor=14.4, events=5)
#: … and 5 % in six.
SLOW: Final = Burn(hours=6, short="30m", factor=6, events=10)
WINDOWS: Final = tuple(window for burn in (FAST, SLOW) for window in (burn.short, burn.long))
