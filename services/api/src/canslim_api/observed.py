"""Measures and traces every request."""

import time

from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from canslim_infra.tracing import failed, span

LABELS = ("method", "route")
REQUESTS = Counter("canslim_http_requests_total", "Requests answered.", (*LABELS, "status"))
SECONDS = Histogram(
    "canslim_http_request_seconds",
    "How long requests took until their answer began.",
    LABELS,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
IN_PROGRESS = Gauge("canslim_http_requests_in_progress", "Requests being answered, streams of events included.")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
#: Where the matched route's path is kept in the scope; labels must not grow with what strangers ask for.
ROUTE = "canslim.route"
NO_ROUTE = "none"


class Observed:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "other"
        parent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        started = time.perf_counter()
        status, seconds = 500, 0.0

        async def begin(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], time.perf_counter() - started
            await send(message)

        details = {"http.request.method": method}
        with IN_PROGRESS.track_inprogress(), span(method, SpanKind.SERVER, parent, details) as running:
            try:
                await self._app(scope, receive, begin)
            finally:
                route = scope.get(ROUTE, NO_ROUTE)
                REQUESTS.labels(method, route, status).inc()
                SECONDS.labels(method, route).observe(seconds or time.perf_counter() - started)
                running.update_name(f"{method} {route}")
                running.set_attributes({"http.route": route, "http.response.status_code": status})
                if status >= 500:
                    failed(running, f"status {status}")
