"""A data directory belongs to one `canslim up` at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from canslim_cli.refusal import UpRefused
from canslim_cli.supervisor.records import RunRecord


@contextmanager
def claim(data_dir: Path) -> Iterator[Path]:
    """Makes `data_dir`, holds it, and ends what an earlier, killed `up` left running on it.

    Yields the absolute path. Raises UpRefused when another `up` holds the directory or it can't be written.
    The kernel drops the lock with the process, so a killed `up` blocks nobody.
    """
    data_dir = data_dir.expanduser().resolve()
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(data_dir / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UpRefused(f"the data directory {data_dir} can't be written: {error.strerror}") from error
    try:
        hold(lock, data_dir)
        RunRecord(data_dir).end_leftovers()
        yield data_dir
    finally:
        os.close(lock)


def hold(lock: int, data_dir: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(lock, 20, 0).decode().strip() or "unknown"
        raise UpRefused(f"canslim up already runs on {data_dir} (pid {holder})") from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
