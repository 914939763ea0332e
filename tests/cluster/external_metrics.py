"""An external metrics API, as prometheus-adapter is one, that answers what a test says.

The API server of the cluster passes requests on to this process, so both have to be on one machine.
"""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.cluster.kube import Cluster, Object
from tools.control_plane.certificates import Authority

GROUP = "external.metrics.k8s.io"
VERSION = f"{GROUP}/v1beta1"
#: Where the API server finds this process.
SERVICE = {"name": "external-metrics", "namespace": "default"}


class ExternalMetrics:
    """The newest value by namespace and by what the query selects, such as queue=collector. Nothing where unknown."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], int] = {}

    def answer(self, path: str) -> Object | None:
        parts = urlsplit(path)
        words = parts.path.strip("/").split("/")
        if words == ["apis", GROUP, "v1beta1"]:
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": VERSION, "resources": []}
        if len(words) != 6:
            return None
        *_, namespace, metric = words
        selector = parse_qs(parts.query).get("labelSelector", [""])[0]
        value = self.values.get((namespace, selector))
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        item = {"metricName": metric, "metricLabels": {}, "timestamp": now, "value": str(value)}
        items = [] if value is None else [item]
        return {"kind": "ExternalMetricValueList", "apiVersion": VERSION, "metadata": {}, "items": items}


@contextmanager
def external_metrics(cluster: Cluster, folder: Path) -> Iterator[ExternalMetrics]:
    metrics = ExternalMetrics()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = metrics.answer(self.path)
            body = json.dumps(answer).encode()
            self.send_response(404 if answer is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    serving = Authority(folder).issue("external-metrics", hosts=("DNS:localhost",))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(serving.certificate, serving.key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    objects = {"apiVersion": "v1", "kind": "List", "items": _objects(server.server_port)}
    try:
        cluster.kubectl("apply", "--filename", "-", given=objects)
        yield metrics
    finally:
        cluster.kubectl("delete", "--filename", "-", given=objects)
        server.shutdown()
        thread.join()
        server.server_close()


def _objects(port: int) -> list[Object]:
    service = {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]}
    registered = {
        "group": GROUP,
        "version": "v1beta1",
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "insecureSkipTLSVerify": True,
        "service": {**SERVICE, "port": port},
    }
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": SERVICE, "spec": service},
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": f"v1beta1.{GROUP}"},
            "spec": registered,
        },
    ]
