"""What Ctrl-C and SIGTERM do to `canslim up`."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psutil

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@asynccontextmanager
async def until_signalled() -> AsyncIterator[None]:
    """Runs the body until it ends or a stop signal comes; then everything opened inside is closed in order.

    The signal cancels the body wherever it is, so start-up is left as cleanly as waiting is, and the
    code after this block goes on. A second signal kills every child process and leaves at once.
    """
    body = asyncio.current_task()
    if body is None:
        raise RuntimeError("until_signalled needs a running task")
    loop = asyncio.get_running_loop()
    signalled = False

    def on_signal(signum: signal.Signals) -> None:
        nonlocal signalled
        if signalled:
            kill_children()
            os._exit(128 + signum)
        signalled = True
        body.cancel()

    for signum in STOP_SIGNALS:
        loop.add_signal_handler(signum, on_signal, signum)
    try:
        yield
    except asyncio.CancelledError:
        # Someone else may have cancelled too; that is not ours to swallow.
        if not signalled or body.uncancel() > 0:
            raise
    finally:
        for signum in STOP_SIGNALS:
            loop.remove_signal_handler(signum)


def kill_children() -> None:
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()
