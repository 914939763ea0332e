"""The `canslim` command."""

import asyncio
import json
import signal
import sys
import time
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import asyncpg
import typer
from sqlalchemy.exc import DBAPIError

from canslim_cli import tables
from canslim_cli.commands import screening
from canslim_cli.commands.screening import DAY
from canslim_cli.options import (
    DEFAULT_API,
    REFUSED,
    Api,
    DatabaseUrl,
    DataDir,
    Universe,
    api_client,
    console,
    errors,
    local_part,
    refusals,
)
from canslim_cli.places import default_data_dir
from canslim_cli.progress import follow, summarize
from canslim_cli.symbol_file import read_symbols
from canslim_core.ratings import RATINGS
from canslim_core.universes import UNIVERSES
from canslim_infra import migrations

app = typer.Typer(help="A self-hosted CAN SLIM screening system.", no_args_is_help=True, pretty_exceptions_enable=False)
jobs_app = typer.Typer(help="Refreshes and recalculations.", no_args_is_help=True)
universe_app = typer.Typer(help="The provider's universes, and own lists.", no_args_is_help=True)
db_app = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(jobs_app, name="jobs")
app.add_typer(universe_app, name="universe")
app.add_typer(db_app, name="db")
Provider = StrEnum("Provider", {name: name for name in UNIVERSES})  # type: ignore[misc] # One table of providers.
SAMPLE = Provider("sample")


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
    with refusals():
        run_up = local_part("up").up
        asyncio.run(run_up(data_dir or default_data_dir(), overrides, refresh=refresh, console=console))


@app.command()
def refresh(
    universe: Universe = None,
    symbols: Annotated[str | None, typer.Option(help="Only these, separated by commas.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it; exit 0 only if it completed.")] = False,
    api: Api = DEFAULT_API,
    data_dir: DataDir = None,
) -> None:
    """Fetch what is new and rate it."""
    wanted = None if symbols is None else [name for part in symbols.split(",") if (name := part.strip().upper())]
    with api_client(api, data_dir) as client:
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


for command in (screening.screen, screening.show, screening.movers, screening.backfill):
    app.command()(command)


@jobs_app.command("list")
def list_jobs(limit: Annotated[int, typer.Option(min=1, max=1000)] = 20, api: Api = DEFAULT_API) -> None:
    """Jobs, newest first."""
    with api_client(api, None) as client:
        tables.print_plain(console, tables.jobs(client.get("/screener/jobs", {"limit": limit})))


@jobs_app.command("show")
def show_job(job_id: UUID, api: Api = DEFAULT_API) -> None:
    """How a job stands, and which symbols failed."""
    with api_client(api, None) as client:
        job = client.get(f"/screener/jobs/{job_id}")
        failures = client.get(f"/screener/jobs/{job_id}/failures")
    console.print_json(json.dumps(job))
    for failure in failures["items"]:
        console.print(f"{failure['symbol']}: {failure['code']}: {failure['message']}", soft_wrap=True)


@jobs_app.command("cancel")
def cancel_job(job_id: UUID, api: Api = DEFAULT_API, data_dir: DataDir = None) -> None:
    """Cancel a job."""
    with api_client(api, data_dir) as client:
        console.print(f"job {job_id} is {client.post(f'/screener/jobs/{job_id}/cancel')['state']}")


@jobs_app.command("retry")
def retry_job(job_id: UUID, api: Api = DEFAULT_API, data_dir: DataDir = None) -> None:
    """Run again what a job did not get done, as a new job; its id is printed."""
    with api_client(api, data_dir) as client:
        console.print(client.post(f"/screener/jobs/{job_id}/retry")["job_id"])


@universe_app.command("list")
def list_universes(api: Api = DEFAULT_API) -> None:
    """The provider's universes and own lists; * marks the one that is meant where none is named."""
    with api_client(api, None) as client:
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
    with refusals():
        symbols = read_symbols(file)
    with api_client(api, data_dir) as client:
        made = client.put(_universe_path(name), {"symbols": symbols})
    console.print(f"universe {made['name']} has {made['symbols']} symbols")


@universe_app.command("delete")
def delete_universe(name: str, api: Api = DEFAULT_API, data_dir: DataDir = None) -> None:
    """Delete an own list and its ratings; prices stay."""
    with api_client(api, data_dir) as client:
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
def evaluate(
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="The first session.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="The last session.")] = None,
    every: Annotated[int, typer.Option(min=1, help="Take every so many-th published session.")] = 5,
    ratings: Annotated[
        list[str] | None, typer.Option("--rating", help="One to evaluate; may be repeated.", show_default="all")
    ] = None,
    universe: Annotated[str | None, typer.Option(help="A universe; by default the only one there is.")] = None,
    believe_jumps: Annotated[
        bool, typer.Option(help="Count day moves above 40 % that no known action explains.")
    ] = True,
    csv: Annotated[Path | None, typer.Option(dir_okay=False, help="Write every figure there.")] = None,
    page: Annotated[Path | None, typer.Option(dir_okay=False, help="Write a page of plots there.")] = None,
    database_url: Annotated[
        str | None,
        typer.Option(envvar="CANSLIM_DATABASE_URL", help="postgresql://…", show_default="that of `canslim up`"),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """What the ratings were worth: returns that followed, by decile, with intervals.

    Reads published sessions from the database; `canslim backfill` makes those of the past.
    """
    names = ratings or list(RATINGS)
    if unknown := [name for name in names if name not in RATINGS]:
        raise typer.BadParameter(
            f"no such rating: {', '.join(unknown)}; there is: {', '.join(RATINGS)}", param_hint="--rating"
        )
    with refusals():
        part = local_part("evaluate")
        question = part.Question(universe, first and first.date(), last and last.date(), every)
        asyncio.run(
            part.evaluate(
                database_url,
                data_dir or default_data_dir(),
                question,
                names,
                believe_jumps=believe_jumps,
                csv=csv,
                page=page,
                console=console,
            )
        )


@app.command()
def doctor(data_dir: DataDir = None, api: Api = DEFAULT_API, port: int = 8000) -> None:
    """Check this machine: Python, the data directory, the embedded servers, the API."""
    with refusals():
        well = local_part("doctor").diagnose(data_dir or default_data_dir(), api, port, console)
    if not well:
        raise typer.Exit(1)


def main() -> None:
    # The first process of a container would ignore it otherwise.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app()


if __name__ == "__main__":
    main()
