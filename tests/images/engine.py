"""Podman with images, containers and networks of its own, all in one folder, beside whatever this machine runs."""

import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

PREFIX = "canslim-engine-"


class Engine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("networks", "work"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        files, _ = (limit for limit in resource.getrlimit(resource.RLIMIT_NOFILE))
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n'
        )
        # A sandbox lets nobody raise limits, as podman would by default. crun of Debian 12 refuses a host with both
        # versions of cgroups. netavark brings names to networks.
        (folder / "containers.conf").write_text(
            f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc=30000:30000"]\n'
            f'[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
            f'tmp_dir = "{folder}/tmp"\n'
            f'[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "{folder}/networks"\n'
        )
        self.environment = os.environ | {
            "CONTAINERS_CONF": f"{folder}/containers.conf",
            "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf",
            # Where builds keep their caches.
            "TMPDIR": f"{folder}/work",
        }

    def podman(self, *arguments: str, **options: Any) -> str:
        """What it prints, standard error apart."""
        return self.run(["podman", *arguments], **options)

    def run(self, command: Iterable[str | Path], *, environment: dict[str, str] | None = None, **options: Any) -> str:
        done = subprocess.run(
            list(command),
            env=self.environment | (environment or {}),
            capture_output=True,
            text=True,
            check=False,
            **options,
        )
        assert done.returncode == 0, (
            f"{done.args} ended with {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-8000:]}"
        )
        return done.stdout.strip()

    def fails(self, *arguments: str, **options: Any) -> str:
        """What it says on its way to an exit code other than 0."""
        done = subprocess.run(
            ["podman", *arguments], env=self.environment, capture_output=True, text=True, check=False, **options
        )
        assert done.returncode != 0, done.stdout
        return done.stdout + done.stderr

    def succeeds(self, *arguments: str) -> bool:
        done = subprocess.run(["podman", *arguments], env=self.environment, capture_output=True, check=False)
        return done.returncode == 0

    def inspect(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.podman("inspect", name))[0]
        return found

    def clear(self) -> None:
        """Removes all but images."""
        for what in (
            ["pod", "rm", "--all", "--force", "--time", "0"],
            ["rm", "--all", "--force", "--time", "0"],
            ["volume", "rm", "--all", "--force"],
            ["secret", "rm", "--all"],
            ["network", "prune", "--force"],
            ["image", "unmount", "--all"],
        ):
            subprocess.run(["podman", *what], env=self.environment, capture_output=True, check=False)

    def close(self) -> None:
        """Leaves nothing: no process, no mount, no file."""
        self.clear()
        subprocess.run(["podman", "system", "reset", "--force"], env=self.environment, capture_output=True, check=False)
        shutil.rmtree(self.folder)


def temporary_engine() -> Engine:
    """In a new folder, named for this process; those of processes that were killed go."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = left.name.removeprefix(PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            with suppress(OSError):
                Engine(left).close()
    return Engine(Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")))


def until(condition: Callable[[], bool], what: str, seconds: float = 90, report: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}\n{report()}")
        time.sleep(0.1)
