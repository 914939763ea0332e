"""What an operator sees of running processes: metrics to the end of a drain, and traces."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.cluster import Cluster, Member, free_port
from tests.faults.conftest import RunCluster


def samples(port: int) -> dict[str, float]:
    """What a worker with one queue tells, by name."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    families = text_string_to_metric_families(text)
    return {sample.name: sample.value for family in families for sample in family.samples}


@pytest.fixture
def observed(cluster: Cluster) -> Iterator[tuple[Cluster, Member, int]]:
    """The shared installation, and a collector whose metrics are at a known port."""
    port = free_port()
    member = cluster.add("collector", ["-m", "canslim_collector"], CANSLIM_METRICS_PORT=str(port))
    member.kept = False
    cluster.until(lambda: answers(port, "/readyz"), "the collector is ready")
    yield cluster, member, port
    cluster.remove(member)


def answers(port: int, path: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}").is_success
    except httpx.TransportError:
        return False


def test_a_draining_worker_tells_its_metrics_and_is_alive_but_not_ready(
    observed: tuple[Cluster, Member, int],
) -> None:
    cluster, member, port = observed
    job_id = cluster.refresh()
    cluster.until(lambda: bool(cluster.running_tasks(member)), "it works")
    assert samples(port)["canslim_worker_threads"] == 2
    member.process.terminate()
    cluster.until(lambda: samples(port)["canslim_worker_draining"] == 1, "it drains")
    assert answers(port, "/healthz")
    assert not answers(port, "/readyz")
    assert member.process.wait(20) == 0
    assert cluster.finished(job_id)["state"] == "completed"


class Spans:
    """Takes spans by OTLP over HTTP, as a collector of traces does."""

    def __init__(self) -> None:
        self.by_service: list[tuple[str, Span]] = []
        taken = self.by_service

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    names = {entry.key: entry.value.string_value for entry in resource.resource.attributes}
                    spans = [span for scope in resource.scope_spans for span in scope.spans]
                    taken.extend((names["service.name"], span) for span in spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Spans":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def of(self, trace_id: bytes) -> set[tuple[str, str]]:
        return {(service, span.name) for service, span in list(self.by_service) if span.trace_id == trace_id}


def test_one_trace_leads_from_the_request_to_the_last_task(run_cluster: RunCluster) -> None:
    settings = {"CANSLIM_SYNTHETIC_SYMBOLS": "100", "CANSLIM_SYNTHETIC_LATENCY_MS": "0"}
    with (
        Spans() as spans,
        run_cluster(CANSLIM_OTLP_ENDPOINT=spans.url, OTEL_BSP_SCHEDULE_DELAY="200", **settings) as cluster,
    ):
        parent = "11" * 16
        headers = {"traceparent": f"00-{parent}-{'22' * 8}-01"}
        job_id = cluster.http.post("/screener/refresh", json={}, headers=headers).json()["job_id"]
        assert cluster.finished(job_id)["state"] == "completed"
        expected = {
            ("canslim-api", "POST /screener/refresh"),
            ("canslim-collector", "collect"),
            ("canslim-scoring", "rs"),
            ("canslim-scoring", "score"),
        }
        cluster.until(lambda: spans.of(bytes.fromhex(parent)) >= expected, "every span has arrived")
