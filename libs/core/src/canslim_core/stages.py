"""The pipeline: one table that the sender and the workers both read."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class JobKind(StrEnum):
    REFRESH = "refresh"
    RECALCULATE = "recalculate"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a job.

    actor: the Dramatiq actor that runs its tasks; the name is on messages in flight.
    deadline: how long one run of a task may take before it counts as failed.
    attempts: how often a task is tried before it is dead.
    """

    name: str
    queue: str
    actor: str
    deadline: timedelta
    attempts: int


COLLECT: Final = Stage("collect", "collector", "collect_stock_data", timedelta(minutes=15), attempts=4)
RS: Final = Stage("rs", "scoring", "recalculate_rs_rating", timedelta(minutes=10), attempts=4)
SCORE: Final = Stage("score", "scoring", "recalculate_canslim_score", timedelta(minutes=10), attempts=4)
HISTORY: Final = Stage("history", "scoring", "backfill_ratings", timedelta(minutes=15), attempts=4)

#: What a refresh runs, in this order.
REFRESH: Final = (COLLECT, RS, SCORE)
#: What a recalculation may run.
RECALCULATE: Final = (RS, SCORE)
#: What a backfill runs.
BACKFILL: Final = (HISTORY,)
STAGES: Final = {stage.name: stage for stage in (*REFRESH, *BACKFILL)}

#: Symbols one collect task carries, where the provider does not want another number.
BATCH_SIZE: Final = 50
#: A job that is not finished by then fails …
JOB_DEADLINE: Final = timedelta(hours=1)
#: … not counting the time its provider's pace takes and asks for; but in the end it does.
LONGEST_JOB: Final = timedelta(hours=24)
