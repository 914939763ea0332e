"""`canslim doctor`: what this machine has, what is missing, what to do."""

import platform
import shutil
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from canslim_cli.api_client import ApiClient, ApiError
from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey, ServerFailed

#: Bytes that a refresh of the whole US market needs with room to grow.
ENOUGH_SPACE = 3 * 2**30

Check = Callable[[], str]


class Wrong(Exception):
    """What a check found, and what to do."""


def diagnose(data_dir: Path, api_url: str, port: int, console: Console) -> bool:
    """Runs every check and prints a line for each; True where nothing is wrong."""
    checks: dict[str, Check] = {
        "Python": _python,
        "data directory": lambda: _data_dir(data_dir),
        "PostgreSQL": lambda: _starts("postgres"),
        "Valkey": lambda: _starts("valkey"),
        "API": lambda: _api(api_url, port),
    }
    well = True
    for name, check in checks.items():
        try:
            console.print(f"[green]ok   [/green] {name}: {check()}", highlight=False, soft_wrap=True)
        except (Wrong, ServerFailed, OSError) as error:
            well = False
            console.print(f"[red]wrong[/red] {name}: {error}", highlight=False, soft_wrap=True)
    return well


def _python() -> str:
    return f"{platform.python_version()} on {platform.platform()}"


def _data_dir(data_dir: Path) -> str:
    existing = next(path for path in (data_dir, *data_dir.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as error:
        raise Wrong(f"{existing} is not writable ({error.strerror}); choose another with --data-dir") from None
    if free < ENOUGH_SPACE:
        raise Wrong(f"{existing} has {free / 2**30:.1f} GiB free; 3 GiB are needed for the whole US market")
    return f"{data_dir}, {free / 2**30:.0f} GiB free"


def _starts(kind: str) -> str:
    with tempfile.TemporaryDirectory(prefix="canslim-doctor-") as scratch:
        folder = Path(scratch) / kind
        server = EmbeddedPostgres(folder) if kind == "postgres" else EmbeddedValkey(folder)
        server.start()
        server.stop(2.0)
    return "the embedded one starts and stops"


def _api(url: str, port: int) -> str:
    try:
        with ApiClient(url) as client:
            client.get("/healthz")
            try:
                client.get("/readyz")
            except ApiError as error:
                raise Wrong(f"answers at {url}, but is not ready ({error}): is PostgreSQL away?") from None
        return f"answers at {url}"
    except ApiError:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise Wrong(f"something else listens on port {port}; use `canslim up --port N`") from None
        return f"none is running; port {port} is free"
