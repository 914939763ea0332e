"""Ties a child process to the one that starts it: on Linux the kernel signals the child when its parent dies.

`tied` wraps a command line; the wrapper is this same file run as a script. It changes the account and asks for the
signal in the child, after the exec, because `preexec_fn` is unsafe in a process with threads, and because
changing the account takes the request back. macOS has no such request; there the next `canslim up` cleans up.

By "parent" the kernel means the thread: what is started from a thread that ends is signalled then.
"""

import ctypes
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

#: From linux/prctl.h.
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int


def tied(argv: list[str], on_death: signal.Signals, account: Account | None = None) -> list[str]:
    """The command line that runs `argv`, as `account` if given, and sends it `on_death` when this process dies."""
    who = f"{account.uid}:{account.gid}" if account else ""
    return [sys.executable, "-I", "-S", str(Path(__file__)), str(os.getpid()), str(int(on_death)), who, *argv]


def main(parent: str, on_death: str, who: str, *argv: str) -> None:
    if who:
        uid, gid = (int(number) for number in who.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(on_death), 0, 0, 0)
    # The parent may have died before the request.
    if os.getppid() == int(parent):
        os.execv(argv[0], argv)  # noqa: S606 - what it is for.


if __name__ == "__main__":
    main(*sys.argv[1:])
