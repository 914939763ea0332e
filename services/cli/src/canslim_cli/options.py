"""What several commands share: options, the terminal, the API's client."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer
from rich.console import Console

from canslim_cli.api_client import ApiClient, ApiError
from canslim_cli.places import default_data_dir, find_token
from canslim_cli.refusal import UpRefused
from canslim_cli.symbol_file import SymbolFileError

#: The exit code of what can't be done as it is asked for.
REFUSED: Final = 2
#: Columns of a table that no terminal limits.
PIPED_WIDTH: Final = 200
console: Final = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
errors: Final = Console(stderr=True, width=None if sys.stderr.isatty() else PIPED_WIDTH)


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


DataDir = Annotated[
    Path | None,
    typer.Option(envvar="CANSLIM_DATA_DIR", help="Where everything is kept.", show_default="your data folder"),
]
Api = Annotated[str, typer.Option("--api", envvar="CANSLIM_API_URL", help="The API's address.")]
Universe = Annotated[str | None, typer.Option(help="A universe; by default the provider's.")]
DatabaseUrl = Annotated[str, typer.Option(envvar="CANSLIM_DATABASE_URL", help="postgresql://…")]
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
DEFAULT_API: Final = "http://127.0.0.1:8000"


@contextmanager
def api_client(api: str, data_dir: Path | None) -> Iterator[ApiClient]:
    """A client of the API; what it refuses ends the command with one line and 1."""
    token = os.environ.get("CANSLIM_ADMIN_TOKEN")
    if token is None and urlsplit(api).hostname in LOOPBACK:
        # The token of this machine's own `up` is nobody else's business.
        token = find_token(data_dir or default_data_dir())
    try:
        with ApiClient(api, token) as client:
            yield client
    except ApiError as error:
        errors.print(str(error), soft_wrap=True, style="red", highlight=False)
        raise typer.Exit(1) from None


def local_part(command: str) -> ModuleType:
    """The module of a command that needs the services on this machine, which a client alone does not hold."""
    try:
        return import_module(f"canslim_cli.commands.{command}")
    except ModuleNotFoundError as error:
        raise UpRefused(
            f"`canslim {command}` needs the services on this machine, and {error.name} is not installed here; "
            "install canslim-cli[local]"
        ) from error


@contextmanager
def refusals() -> Iterator[None]:
    """What can't be done as it is asked for ends the command with one line and REFUSED."""
    try:
        yield
    except (UpRefused, SymbolFileError) as error:
        errors.print(str(error), soft_wrap=True, style="red", highlight=False)
        raise typer.Exit(REFUSED) from None
