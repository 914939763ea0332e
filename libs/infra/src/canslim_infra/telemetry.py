"""Logs as events with fields, metrics and probes on a port of their own."""

import logging
import sys
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import structlog
from prometheus_client import Gauge, Histogram, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

TASK_SECONDS = Histogram(
    "canslim_task_seconds",
    "How long deliveries took, by stage and how they ended.",
    ["stage", "verdict"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900),
)
TASK_WAIT = Histogram(
    "canslim_task_wait_seconds",
    "How long tasks were due before a worker claimed them, by PostgreSQL's clock.",
    ["stage"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800),
)
THREADS = Gauge("canslim_worker_threads", "Tasks a worker can run at once.", ["queue"])
BUSY = Gauge("canslim_worker_threads_busy", "Tasks a worker runs now.", ["queue"])
DRAINING = Gauge("canslim_worker_draining", "1 while a worker that was told to stop ends its tasks.", ["queue"])


def configure_logging(log_format: Literal["json", "console"]) -> None:
    """Sends every log, the libraries' included, to standard output in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name.
        """Probes come every few seconds; they are not news."""


def serve_metrics(host: str, port: int, probes: Mapping[str, Callable[[], bool]] = MappingProxyType({})) -> int:
    """Serves /metrics and probes, by path, from a thread; the port. Raises OSError, one line, where it is taken."""
    metrics = make_wsgi_app()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> object:
        probe = probes.get(environ["PATH_INFO"])
        if probe is None:
            return metrics(environ, start_response)
        ok = probe()
        start_response("200 OK" if ok else "503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"ok\n" if ok else b"no\n"]

    try:
        server = make_server(host, port, app, ThreadingWSGIServer, handler_class=QuietHandler)  # type: ignore[arg-type] # wsgiref's stubs want list[bytes].
    except OSError as error:
        raise OSError(
            f"port {port} on {host} can't be used: {error.strerror}; choose another one with CANSLIM_METRICS_PORT"
        ) from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return int(server.server_port)
