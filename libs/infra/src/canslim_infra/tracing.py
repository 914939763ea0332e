"""Traces with OpenTelemetry: from the request, through the job's row, to the last of its tasks. Off by default."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

#: Seconds that spans may take to be handed over: a process that ends does not wait longer.
TIMEOUT = 3.0

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("canslim")


def configure_tracing(service: str, endpoint: str | None) -> None:
    """Sends spans by OTLP over HTTP to `endpoint`; without one they are made by nobody and cost nothing."""
    if endpoint is None:
        return
    # The SDK is loaded by those who use it.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"canslim-{service}"}))
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=TIMEOUT)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def traceparent() -> str | None:
    """The running span as W3C's header; None where nothing is traced."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def span(name: str, kind: SpanKind, parent: str | None, attributes: Mapping[str, str]) -> Iterator[Span]:
    """A span under the one that `parent` names; an exception out of it marks it as failed."""
    context = _propagator.extract({"traceparent": parent} if parent else {})
    with _tracer.start_as_current_span(name, context, kind, dict(attributes)) as running:
        yield running


def failed(running: Span, reason: str) -> None:
    running.set_status(StatusCode.ERROR, reason)
