"""A cluster as tests see it: kubectl with what it answers as data, Helm, and patience."""

import json
import os
import re
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.programs import program

ROOT = Path(__file__).parents[2]
#: What the node of these tests, which is none, says of its containers.
NO_RUNTIME = "none://0"
Object = dict[str, Any]


class CommandError(Exception):
    """What a program said when it refused."""


@dataclass(frozen=True)
class Cluster:
    kubeconfig: str

    def kubectl(self, *words: str | Path, given: object = None, namespace: str = "", patience: float = 120) -> str:
        """given: objects for its standard input."""
        command = [str(program("kubectl")), *([f"--namespace={namespace}"] if namespace else []), *map(str, words)]
        text = None if given is None else json.dumps(given)
        return self.run(command, given=text, patience=patience)

    def run(self, command: list[str], *, given: str | None = None, patience: float = 120, **environment: str) -> str:
        environ = {**os.environ, "KUBECONFIG": self.kubeconfig, **environment}
        ran = subprocess.run(
            command, input=given, env=environ, capture_output=True, text=True, check=False, timeout=patience
        )
        if ran.returncode != 0:
            raise CommandError(ran.stderr + ran.stdout)
        return ran.stdout + ran.stderr

    def all(self, kind: str, selector: str = "", namespace: str = "") -> list[Object]:
        answer = self.kubectl(
            "get", kind, "--selector", selector, "--output", "json", namespace=namespace
        )  # A warning would not be JSON.
        return json.loads(answer[: answer.rindex("}") + 1])["items"]

    @cached_property
    def kinds(self) -> set[str]:
        """Such as deployments.apps and scaledobjects.keda.sh."""
        return set(self.kubectl("api-resources", "--output", "name").split())

    @cached_property
    def runs_containers(self) -> bool:
        """Whether it has nodes of its own, not just the one of these tests."""
        runtimes = (node["status"]["nodeInfo"]["containerRuntimeVersion"] for node in self.all("nodes"))
        return any(runtime != NO_RUNTIME for runtime in runtimes)

    @contextmanager
    def temporary_namespace(self) -> Iterator["Namespace"]:
        """Restricted, as k8s/namespace.yaml has it."""
        name = f"canslim-test-{secrets.token_hex(3)}"
        labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
        self.kubectl("create", "--filename", "-", given=_namespace(name, labels))
        namespace = Namespace(self, name)
        try:
            namespace.eventually(lambda: namespace.find("serviceaccounts", "default"), "the namespace has its account")
            yield namespace
        finally:
            self.kubectl("delete", "namespace", name, "--wait=false")


def _namespace(name: str, labels: Mapping[str, str]) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


@dataclass(frozen=True)
class Namespace:
    cluster: Cluster
    name: str

    def kubectl(self, *words: str | Path, given: object = None, patience: float = 120) -> str:
        return self.cluster.kubectl(*words, given=given, namespace=self.name, patience=patience)

    def create(self, *objects: Object) -> None:
        self.kubectl("create", "--filename", "-", given={"apiVersion": "v1", "kind": "List", "items": list(objects)})

    def all(self, kind: str, selector: str = "") -> list[Object]:
        return self.cluster.all(kind, selector, self.name)

    def find(self, kind: str, name: str) -> Object | None:
        answer = self.kubectl("get", kind, name, "--ignore-not-found", "--output", "json")
        return json.loads(answer) if answer.strip() else None

    def get(self, kind: str, name: str) -> Object:
        found = self.find(kind, name)
        assert found is not None, f"there is no {kind} {name}"
        return found

    def replicas(self, deployment: str) -> int:
        return self.get("deployments", deployment)["spec"]["replicas"]

    def pods(self, component: str) -> list[Object]:
        """Those that nobody has asked to end."""
        found = self.all("pods", f"app.kubernetes.io/component={component}")
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def ready(self, component: str) -> list[str]:
        """The names of the pods that are."""
        return [pod["metadata"]["name"] for pod in self.pods(component) if is_ready(pod)]

    def own_objects(self) -> set[str]:
        """All that is in the namespace but what Kubernetes puts into every one, and what it notes about others."""
        kinds = self.cluster.kubectl("api-resources", "--namespaced", "--verbs=list,create", "--output", "name").split()
        noted = {"events", "events.events.k8s.io", "endpoints", "endpointslices.discovery.k8s.io"}
        asked = ",".join(sorted(set(kinds) - noted))
        found = self.kubectl("get", asked, "--ignore-not-found", "--output", "name").split()
        return set(found) - {"configmap/kube-root-ca.crt", "serviceaccount/default"}

    def eventually(self, condition: Callable[[], object], what: str, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}\n{self.report()}"
            time.sleep(0.3)

    def report(self) -> str:
        """What a person needs to see of a test that failed."""
        pods = self.kubectl("get", "pods,jobs,deployments,hpa", "--output", "wide")
        return pods + self.kubectl("get", "events", "--sort-by=.lastTimestamp")[-6000:]

    @contextmanager
    def forwarded(self, what: str, port: int) -> Iterator[str]:
        """The address of a port of the pod or service, on this machine."""
        command = [str(program("kubectl")), f"--namespace={self.name}", "port-forward", what, f":{port}"]
        environ = {**os.environ, "KUBECONFIG": self.cluster.kubeconfig}
        with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as forwarder:
            try:
                assert forwarder.stdout is not None
                line = forwarder.stdout.readline()
                local = re.search(r"127\.0\.0\.1:(\d+)", line)
                assert local, f"kubectl port-forward {what} said {line!r}"
                yield f"http://127.0.0.1:{local[1]}"
            finally:
                forwarder.terminate()


def is_ready(pod: Object) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
