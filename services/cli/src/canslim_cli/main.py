"""The `canslim` command."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated
from urllib.parse import quote, urlsplit
from uuid import UUID

import asyncpg
import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from canslim_cli import tables
from canslim_cli.api_client import ApiClient, ApiError
from canslim_cli.places import default_data_dir, find_token
from canslim_cli.progress import follow, summarize
from canslim_cli.refusal import UpRefused
from canslim_cli.symbol_file import SymbolFileError, read_symbols
from canslim_core.universes import UNIVERSES
from canslim_infra import migrations

REFUSED = 2

app = typer.Typer(help="A self-hosted CAN SLIM screening system.", no_args_is_help=True, pretty_exceptions_enable=False)
jobs_app = typer.Typer(help="Refreshes and recalculations.", no_args_is_help=True)
universe_app = typer.Typer(help="The provider's universes, and own lists.", no_args_is_help=True)
db_app = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(jobs_app, name="jobs")
app.add_typer(universe_app, name="universe")
app.add_typer(db_app, name="db")
#: Columns of a table that no terminal limits.
PIPED_WIDTH = 200
console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
errors = Console(stderr=True, width=None if sys.stderr.isatty() else PIPED_WIDTH)


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


Provider = StrEnum("Provider", {name: name for name in UNIVERSES})  # type: ignore[misc] # One table of providers.
SAMPLE = Provider("sample")
DataDir = Annotated[
    Path | None,
    typer.Option(envvar="CANSLIM_DATA_DIR", help="Where everything is kept.", show_default="your data folder"),
]
Api = Annotated[str, typer.Option("--api", envvar="CANSLIM_API_URL", help="The API's address.")]
DatabaseUrl = Annotated[str, typer.Option(envvar="CANSLIM_DATABASE_URL", help="postgresql://…")]
LOOPBACK = ("127.0.0.1", "localhost", "::1")
DEFAULT_API = "http://127.0.0.1:8000"


@app.command()
def up(
    provider: Annotated[
        Provider, typer.Option(envvar="CANSLIM_PROVIDER", help="Where market data comes from.")
    ] = SAMPLE,
    universe: Annotated[
        str | None, typer.Option(envvar="CANSLIM_UNIVERSE", help="What to refresh and show; by default the provider's.")
    ] = None,
    data_dir: DataDir = None,
    port: Annotated[int, typer.Option(envvar="CANSLIM_API_PORT", min=1, max=65535, help="The API's port.")] = 8000,
    refresh: Annotated[bool, typer.Option("--refresh", help="Refresh, and print the leaders.")] = False,
) -> None:
    """Start everything on this machine: PostgreSQL, Valkey, API, collector, scoring. Ctrl-C stops it."""
    overrides = {"PROVIDER": provider.value, "API_PORT": str(port)}
    if universe is not None:
        overrides["UNIVERSE"] = universe
    with _refusals():
        run_up = _local_part("up").up
        asyncio.run(run_up(data_dir or default_data_dir(), overrides, refresh=refresh, console=console))


@app.command()
def refresh(
    universe: Annotated[str | None, typer.Option(help="A universe; by default the provider's.")] = None,
    symbols: Annotated[str | None, typer.Option(help="Only these, separated by commas.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it; exit 0 only if it completed.")] = False,
    api: Api = DEFAULT_API,
    data_dir: DataDir = None,
) -> None:
    """Fetch what is new and rate it."""
    wanted = None if symbols is None else [name for part in symbols.split(",") if (name := part.strip().upper())]
    with _client(api, data_dir) as client:
        started = client.post("/screener/refresh", {"universe": universe, "symbols": wanted})
        if not started["created"]:
            console.print(f"job {started['job_id']} is {started['state']} already", soft_wrap=True)
        if not wait:
            console.print(started["job_id"])
            return
        job = follow(client, started["job_id"], console)
        console.print(summarize(job), soft_wrap=True)
    if job["state"] != "completed":
        raise typer.Exit(1)


@app.command()
def screen(
    min_rs: Annotated[int | None, typer.Option(min=1, max=99, help="The lowest RS Rating.")] = None,
    min_score: Annotated[float | None, typer.Option(min=0, max=100, help="The lowest score.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Rows.")] = 20,
    universe: Annotated[str | None, typer.Option(help="A universe; by default the provider's.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
    api: Api = DEFAULT_API,
) -> None:
    """The ranked table. A score with * is not graded: too little of the rubric was available."""
    query = {"min_rs": min_rs, "min_score": min_score, "limit": limit, "universe": universe}
    with _client(api, None) as client:
        if output is Format.CSV:
            typer.echo(client.text("/screener/stocks", query | {"format": "csv"}), nl=False)
            return
        page = client.get("/screener/stocks", query)
    if output is Format.JSON:
        typer.echo(json.dumps(page, indent=2))
    else:
        tables.print_plain(console, tables.leaders(page))


@app.command()
def show(
    symbol: str,
    universe: Annotated[str | None, typer.Option(help="A universe; by default the provider's.")] = None,
    output: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.TABLE,
    api: Api = DEFAULT_API,
) -> None:
    """One stock, letter by letter: inputs, thresholds, points, reasons."""
    with _client(api, None) as client:
        detail = client.get(f"/screener/stocks/{symbol.upper()}", {"universe": universe})
    if output is Format.JSON:
        typer.echo(json.dumps(detail, indent=2))
    else:
        tables.print_plain(console, tables.stock(detail))


@jobs_app.command("list")
def list_jobs(limit: Annotated[int, typer.Option(min=1, max=1000)] = 20, api: Api = DEFAULT_API) -> None:
    """Jobs, newest first."""
    with _client(api, None) as client:
        tables.print_plain(console, tables.jobs(client.get("/screener/jobs", {"limit": limit})))


@jobs_app.command("show")
def show_job(job_id: UUID, api: Api = DEFAULT_API) -> None:
    """How a job stands, and which symbols failed."""
    with _client(api, None) as client:
        job = client.get(f"/screener/jobs/{job_id}")
        failures = client.get(f"/screener/jobs/{job_id}/failures")
    console.print_json(json.dumps(job))
    for failure in failures["items"]:
        console.print(f"{failure['symbol']}: {failure['code']}: {failure['message']}", soft_wrap=True)


@jobs_app.command("cancel")
def cancel_job(job_id: UUID, api: Api = DEFAULT_API, data_dir: DataDir = None) -> None:
    """Cancel a job."""
    with _client(api, data_dir) as client:
        console.print(f"job {job_id} is {client.post(f'/screener/jobs/{job_id}/cancel')['state']}")


@jobs_app.command("retry")
def retry_job(job_id: UUID, api: Api = DEFAULT_API, data_dir: DataDir = None) -> None:
    """Run again what a job did not get done, as a new job; its id is printed."""
    with _client(api, data_dir) as client:
        console.print(client.post(f"/screener/jobs/{job_id}/retry")["job_id"])


@universe_app.command("list")
def list_universes(api: Api = DEFAULT_API) -> None:
    """The provider's universes and own lists; * marks the one that is meant where none is named."""
    with _client(api, None) as client:
        tables.print_plain(console, tables.universes(client.get("/screener/universes")))


@universe_app.command("set")
def set_universe(
    name: str,
    file: Annotated[
        typer.FileText,
        typer.Argument(encoding="utf-8-sig", help="Symbols by space, comma or line; # starts a comment. - is stdin."),
    ],
    api: Api = DEFAULT_API,
    data_dir: DataDir = None,
) -> None:
    """Make an own list, or replace it; `refresh --universe NAME` fetches and rates it."""
    with _refusals():
        symbols = read_symbols(file)
    with _client(api, data_dir) as client:
        made = client.put(_universe_path(name), {"symbols": symbols})
    console.print(f"universe {made['name']} has {made['symbols']} symbols")


@universe_app.command("delete")
def delete_universe(name: str, api: Api = DEFAULT_API, data_dir: DataDir = None) -> None:
    """Delete an own list and its ratings; prices stay."""
    with _client(api, data_dir) as client:
        client.delete(_universe_path(name))
    console.print(f"universe {name} is deleted")


def _universe_path(name: str) -> str:
    return f"/screener/universes/{quote(name, safe='')}"


@db_app.command("upgrade")
def upgrade(database_url: DatabaseUrl) -> None:
    """Bring the database to this version's schema; a newer one stays."""
    try:
        if asyncio.run(migrations.missing(database_url)) is not None:
            migrations.upgrade(database_url)
    except (OSError, ValueError, DBAPIError, asyncpg.PostgresError) as error:
        errors.print(f"the database can't be upgraded: {error}", soft_wrap=True, highlight=False)
        raise typer.Exit(REFUSED) from None


@db_app.command("wait")
def wait(
    database_url: DatabaseUrl,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds; then exit 1.")] = 300,
) -> None:
    """Wait until the database has this version's schema, or a newer one."""
    deadline = time.monotonic() + timeout
    while (missing := asyncio.run(migrations.missing(database_url))) is not None:
        if time.monotonic() > deadline:
            errors.print(f"{missing}, after {timeout:.0f} s", soft_wrap=True, highlight=False)
            raise typer.Exit(1)
        time.sleep(1)


@app.command()
def doctor(data_dir: DataDir = None, api: Api = DEFAULT_API, port: int = 8000) -> None:
    """Check this machine: Python, the data directory, the embedded servers, the API."""
    with _refusals():
        well = _local_part("doctor").diagnose(data_dir or default_data_dir(), api, port, console)
    if not well:
        raise typer.Exit(1)


def _local_part(command: str) -> ModuleType:
    """The module of a command that runs services on this machine, which a client alone does not hold."""
    try:
        return import_module(f"canslim_cli.commands.{command}")
    except ModuleNotFoundError as error:
        raise UpRefused(
            f"`canslim {command}` runs the services on this machine, and {error.name} is not installed here; "
            "install canslim-cli[local]"
        ) from error


@contextmanager
def _client(api: str, data_dir: Path | None) -> Iterator[ApiClient]:
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


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (UpRefused, SymbolFileError) as error:
        errors.print(str(error), soft_wrap=True, style="red", highlight=False)
        raise typer.Exit(REFUSED) from None


def main() -> None:
    # The first process of a container would ignore it otherwise.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app()


if __name__ == "__main__":
    main()
