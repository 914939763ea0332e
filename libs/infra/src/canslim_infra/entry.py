"""The first code of a service's process."""

import importlib
import os
import signal


def enter(module: str) -> None:
    """Imports `module` and calls its `main`; a SIGTERM or SIGINT before that has its own handlers ends with 0.

    The kernel drops a signal that a container's first process has no handler for. A pod deleted in the seconds of its
    imports would then start as if nothing had been said, and be waited for through its whole grace period.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    importlib.import_module(module).main()
