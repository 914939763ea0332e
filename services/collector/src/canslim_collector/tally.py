"""Counts what a task asks its provider, in every thread that works for the task."""

import threading
from contextvars import ContextVar


class Tally:
    def __init__(self) -> None:
        self.requests = 0
        self._lock = threading.Lock()

    def add(self, requests: int = 1) -> None:
        with self._lock:
            self.requests += requests


_TALLY: ContextVar[Tally] = ContextVar("tally")


def start_tally() -> Tally:
    """The running task's, from now on; threads see it where they run in a copy of its context."""
    tally = Tally()
    _TALLY.set(tally)
    return tally


def count_requests(requests: int = 1) -> None:
    """Adds to the tally of whoever asks; outside of a task nobody counts."""
    tally = _TALLY.get(None)
    if tally is not None:
        tally.add(requests)
