"""As much of a Kubernetes API server as kubectl needs to look at some kinds of objects and to change them.

It stands for the cluster behind a real kubectl. Objects are kept as they are written; no controller acts on them.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    group: str
    version: str
    name: str
    plural: str
    short: str
    scalable: bool

    @property
    def api(self) -> str:
        return f"{self.group}/{self.version}"


DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments", "deploy", scalable=True)
HPA = Kind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", scalable=False)
SCALED_OBJECT = Kind("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects", "so", scalable=True)
KINDS = {kind.name: kind for kind in (DEPLOYMENT, HPA, SCALED_OBJECT)}


class Refusal(Exception):
    def __init__(self, status: HTTPStatus, reason: str, message: str) -> None:
        super().__init__(message)
        self.body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": status.value}
        self.body["message"] = message


@dataclass
class Cluster:
    """kinds: those that it knows. forbidden: plurals that nobody may read. changes: what was asked to be changed."""

    namespace: str
    kinds: tuple[Kind, ...] = (DEPLOYMENT, HPA, SCALED_OBJECT)
    forbidden: frozenset[str] = frozenset()
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)

    def add(self, *found: Object) -> None:
        """What helm would have installed, of the kinds that are known here."""
        for one in found:
            if (kind := KINDS.get(one["kind"])) in self.kinds:
                kept = deepcopy(one)
                kept["metadata"] |= {"namespace": self.namespace, "resourceVersion": "1"}
                if kind is DEPLOYMENT:
                    kept["spec"].setdefault("replicas", 1)
                self.objects[kind.plural, kept["metadata"]["name"]] = kept

    def one(self, kind: Kind, name: str) -> Object:
        return self.objects[kind.plural, name]

    def replicas(self, name: str) -> int:
        return self.one(DEPLOYMENT, name)["spec"]["replicas"]

    def answer(self, method: str, path: str, query: Mapping[str, list[str]], body: bytes) -> Object:
        match path.strip("/").split("/"):
            case ["api"]:
                return {"kind": "APIVersions", "versions": ["v1"]}
            case ["api", "v1"]:
                return {"kind": "APIResourceList", "groupVersion": "v1", "resources": []}
            case ["apis"]:
                return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(kind) for kind in self.kinds]}
            case ["apis", group, version]:
                return self._resources(f"{group}/{version}")
            case ["apis", _, _, "namespaces", self.namespace, plural, *rest]:
                return self._objects(method, plural, rest, query, body)
        raise Refusal(HTTPStatus.NOT_FOUND, "NotFound", "the server could not find the requested resource")

    def _resources(self, api: str) -> Object:
        verbs = ["get", "list", "patch", "update"]
        found = [
            {"name": name, "namespaced": True, "kind": kind.name, "verbs": verbs, "shortNames": [kind.short]}
            for kind in self.kinds
            if kind.api == api
            for name in (kind.plural, *([f"{kind.plural}/scale"] if kind.scalable else []))
        ]
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api, "resources": found}

    def _objects(
        self, method: str, plural: str, rest: list[str], query: Mapping[str, list[str]], body: bytes
    ) -> Object:
        if plural in self.forbidden:
            raise Refusal(HTTPStatus.FORBIDDEN, "Forbidden", f'{plural} is forbidden: User "who" cannot get resource')
        if not rest:
            selector = query.get("labelSelector", [""])[0]
            items = [one for (kind, _), one in self.objects.items() if kind == plural and _selects(selector, one)]
            return {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items}
        name, *subresource = rest
        if (plural, name) not in self.objects:
            group = next(kind.group for kind in self.kinds if kind.plural == plural)
            raise Refusal(HTTPStatus.NOT_FOUND, "NotFound", f'{plural}.{group} "{name}" not found')
        one = self.objects[plural, name]
        if method == "PATCH":
            self.changes.append("/".join([plural, *rest]))
            _merge(one, json.loads(body))
        return _scale(one) if subresource else one


def _group(kind: Kind) -> Object:
    version = {"groupVersion": kind.api, "version": kind.version}
    return {"name": kind.group, "versions": [version], "preferredVersion": version}


def _selects(selector: str, one: Object) -> bool:
    labels = one["metadata"]["labels"]
    pairs = [term.partition("=") for term in selector.split(",") if term]
    return all(labels.get(name) == value if equals else name in labels for name, equals, value in pairs)


def _merge(target: Object, patch: Object) -> None:
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            _merge(target.setdefault(key, {}), value)
        else:
            target[key] = value


def _scale(one: Object) -> Object:
    metadata = {key: one["metadata"][key] for key in ("name", "namespace", "resourceVersion")}
    spec = {"replicas": one["spec"]["replicas"]}
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": spec}


@contextmanager
def serve(cluster: Cluster) -> Iterator[str]:
    """The address of a server of this cluster."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content = HTTPStatus.OK, {}
            try:
                content = cluster.answer(self.command, url.path, parse_qs(url.query), body)
            except Refusal as refusal:
                status, content = HTTPStatus(refusal.body["code"]), refusal.body
            sent = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_PATCH = answer  # noqa: N815 (the names are http.server's)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
