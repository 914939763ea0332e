"""Starts the API process."""

import asyncio
import signal
import socket
import sys

import uvicorn

from canslim_api.app import create_app
from canslim_infra.settings import Settings, SettingsError, read_settings
from canslim_infra.telemetry import configure_logging, serve_metrics
from canslim_infra.tracing import configure_tracing

#: Seconds that open requests get after SIGTERM.
GRACE = 5


def main() -> None:
    try:
        settings = read_settings()
        if settings.admin_token is None:
            raise SettingsError("wrong settings:\n  CANSLIM_ADMIN_TOKEN: required, not set (16 characters or more)")
        listener = _listen(settings)
        serve_metrics(settings.api_host, settings.metrics_port)
    except (SettingsError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - there is no log yet.
        sys.exit(2)
    configure_logging(settings.log_format)
    configure_tracing("api", settings.otlp_endpoint)
    config = uvicorn.Config(
        create_app(settings), log_config=None, access_log=False, timeout_graceful_shutdown=GRACE, lifespan="on"
    )
    server = uvicorn.Server(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        # Before uvicorn has its own handlers, and after: it raises the signal again once it has stopped.
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    asyncio.run(server.serve(sockets=[listener]))


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it, an answer takes 40 ms more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.api_host, settings.api_port))
    except OSError as error:
        raise OSError(
            f"port {settings.api_port} on {settings.api_host} can't be used: {error.strerror}; "
            "choose another one with CANSLIM_API_PORT"
        ) from error
    return listener
