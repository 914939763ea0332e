"""`canslim up`: everything on this machine, until Ctrl-C."""

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import httpx
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from canslim_cli import tables
from canslim_cli.api_client import ApiClient, ApiError
from canslim_cli.embedded import ServerFailed, Servers, embedded_servers
from canslim_cli.places import make_token, token_file
from canslim_cli.progress import follow, summarize
from canslim_cli.refusal import UpRefused
from canslim_cli.supervisor import Service, Supervisor, claim, until_signalled
from canslim_infra import migrations
from canslim_infra.settings import PREFIX, Settings, SettingsError, read_settings

#: The services, in the order they are started.
PROCESSES = ("api", "collector", "scoring")
#: Seconds a worker gets to finish what it runs; the supervisor kills after 8.
DRAIN_SECONDS = 6
READY_WITHIN = 60.0
LEADERS = 20
#: Where the commands look for the API.
DEFAULT_URL = "http://127.0.0.1:8000"


async def up(data_dir: Path, overrides: Mapping[str, str], *, refresh: bool, console: Console) -> None:
    """Runs servers and services until a signal. Raises UpRefused with one clear line."""
    async with until_signalled():
        with claim(data_dir) as claimed:
            # What a killed `up` left on the port has ended by now.
            _check_port(os.environ.get(PREFIX + "API_HOST", "127.0.0.1"), int(overrides["API_PORT"]))
            given = {name: os.environ.get(PREFIX + name) for name in ("DATABASE_URL", "REDIS_URL")}
            try:
                async with embedded_servers(
                    claimed, given["DATABASE_URL"], given["REDIS_URL"], report=console.print
                ) as servers:
                    await _serve(claimed, servers, overrides, refresh=refresh, console=console)
            except ServerFailed as error:
                raise UpRefused(str(error)) from error


async def _serve(
    data_dir: Path, servers: Servers, overrides: Mapping[str, str], *, refresh: bool, console: Console
) -> None:
    environment = _environment(data_dir, servers, overrides)
    settings = _checked(environment)
    try:
        await asyncio.to_thread(migrations.upgrade, servers.database_url)
    except (OSError, ValueError, DBAPIError, asyncpg.PostgresError) as error:
        raise UpRefused(f"the database can't be upgraded: {error}") from error
    services = [Service(name, [sys.executable, "-m", f"canslim_{name}"], environment) for name in PROCESSES]
    async with Supervisor(data_dir, services, console) as supervisor:
        stopped = asyncio.create_task(supervisor.stopped())
        greeting = asyncio.create_task(_greet(settings, data_dir, refresh=refresh, console=console))
        try:
            await asyncio.wait({stopped, greeting}, return_when=asyncio.FIRST_COMPLETED)
            if greeting.done():
                greeting.result()
            await stopped
        finally:
            greeting.cancel()
            stopped.cancel()


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UpRefused(
                f"port {port} on {host} can't be used: {error.strerror}; choose another one with --port"
            ) from None


def _environment(data_dir: Path, servers: Servers, overrides: Mapping[str, str]) -> dict[str, str]:
    """What every service gets: the user's own settings, and what this machine decides."""
    defaults = {"METRICS_PORT": "0", "DRAIN_SECONDS": str(DRAIN_SECONDS), "LOG_FORMAT": "console"}
    environment = {PREFIX + name: value for name, value in defaults.items()} | dict(os.environ)
    decided = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url, **overrides}
    if PREFIX + "ADMIN_TOKEN" not in environment:
        decided["ADMIN_TOKEN"] = make_token(data_dir)
    return environment | {PREFIX + name: value for name, value in decided.items()}


def _checked(environment: Mapping[str, str]) -> Settings:
    try:
        return read_settings(environment)
    except SettingsError as error:
        raise UpRefused(str(error)) from error


async def _greet(settings: Settings, data_dir: Path, *, refresh: bool, console: Console) -> None:
    """Waits for the API, refreshes if asked, says where everything is."""
    url = f"http://{settings.api_host}:{settings.api_port}"
    await _ready(url)
    if refresh:
        stopping = threading.Event()
        try:
            await asyncio.to_thread(_refresh, url, settings.admin_token, stopping, console)
        finally:
            stopping.set()
    console.print(
        f"\n[bold]canslim is up[/bold] at [link={url}]{url}[/link] (the API's description: {url}/docs)\n"
        f"The administrator's token is {_token_place(data_dir)}\n"
        f"Try `canslim screen{_api_option(url)}`, and `show SYMBOL` or `refresh --wait` likewise. "
        "Ctrl-C stops everything.\n",
        highlight=False,
        soft_wrap=True,
    )


def _token_place(data_dir: Path) -> str:
    given = PREFIX + "ADMIN_TOKEN"
    return f"the one in {given}" if given in os.environ else f"in {token_file(data_dir)}"


def _api_option(url: str) -> str:
    return "" if url == DEFAULT_URL else f" --api {url}"


async def _ready(url: str) -> None:
    async with httpx.AsyncClient(timeout=2) as http:
        try:
            async with asyncio.timeout(READY_WITHIN):
                while True:
                    try:
                        if (await http.get(f"{url}/readyz")).is_success:
                            return
                    except httpx.TransportError:
                        pass
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise UpRefused(f"the API did not get ready within {READY_WITHIN:.0f} s; see its lines") from None


def _refresh(url: str, token: str | None, stopping: threading.Event, console: Console) -> None:
    with ApiClient(url, token) as client:
        try:
            started = client.post("/screener/refresh", {})
        except ApiError as error:
            console.print(f"[bold red]There is no refresh:[/bold red] {error}", soft_wrap=True)
            return
        try:
            job = follow(client, started["job_id"], console, stopping.is_set)
            console.print(summarize(job), soft_wrap=True)
            tables.print_plain(console, tables.leaders(client.get("/screener/stocks", {"limit": LEADERS})))
        except ApiError as error:
            if not stopping.is_set():
                console.print(f"[bold red]The refresh can't be followed:[/bold red] {error}", soft_wrap=True)
