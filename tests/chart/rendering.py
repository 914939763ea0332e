"""Renders the chart with real Helm, and finds things in what comes out."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.programs import program

CHART = Path(__file__).parents[2] / "charts" / "canslim"
HELMS = ("helm3", "helm4")
#: What clusters with KEDA and the Prometheus operator serve besides Kubernetes' own.
CUSTOM = ("keda.sh/v1alpha1", "monitoring.coreos.com/v1")
NAMESPACE = "stocks"
RELEASE = "canslim"
#: What must be given; everything else has a default.
SERVERS = {"database": {"existingSecret": "database"}, "redis": {"existingSecret": "redis"}}
METADATA = yaml.safe_load((CHART / "Chart.yaml").read_text())
#: The chart's own sets of values, by name.
SETS: dict[str, dict[str, Any]] = {
    path.name.removesuffix("-values.yaml"): yaml.safe_load(path.read_text())
    for path in sorted((CHART / "ci").glob("*-values.yaml"))
}

Object = dict[str, Any]


class HelmError(Exception):
    """What helm said when it refused."""


def helm(name: str, *arguments: str, home: Path) -> str:
    """Runs helm with a home of its own, without a cluster; answers what it printed."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("HELM_", "KUBE"))}
    homes = {f"HELM_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
    command = [str(program(name)), *arguments]
    ran = subprocess.run(command, env=environ | homes, capture_output=True, text=True, check=False, timeout=60)
    if ran.returncode != 0:
        raise HelmError(ran.stderr + ran.stdout)
    return ran.stdout


@dataclass(frozen=True)
class PodTemplate:
    """The pod that an object makes or is."""

    owner: str
    component: str
    spec: Object
    metadata: Object

    @property
    def containers(self) -> list[Object]:
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]

    @property
    def main(self) -> Object:
        (container,) = self.spec["containers"]
        return container

    @property
    def labels(self) -> dict[str, str]:
        return self.metadata["labels"]

    @property
    def is_worker(self) -> bool:
        return "canslim.io/queue" in self.labels

    @property
    def is_server(self) -> bool:
        """API and pools: what runs for good and is ours."""
        return self.is_worker or self.component == "api"


@dataclass(frozen=True)
class Manifests:
    text: str

    @cached_property
    def objects(self) -> list[Object]:
        return [found for found in yaml.load_all(self.text, yaml.CSafeLoader) if found is not None]

    def all(self, kind: str) -> list[Object]:
        return [found for found in self.objects if found["kind"] == kind]

    def names(self, kind: str) -> set[str]:
        return {found["metadata"]["name"] for found in self.all(kind)}

    def one(self, kind: str, name: str) -> Object:
        (found,) = (found for found in self.all(kind) if found["metadata"]["name"] == name)
        return found

    @cached_property
    def pods(self) -> list[PodTemplate]:
        return [pod for found in self.objects for pod in _pods(found)]

    def pod(self, component: str) -> PodTemplate:
        (found,) = (pod for pod in self.pods if pod.component == component)
        return found

    def environment(self, pod: PodTemplate) -> dict[str, str]:
        """What the main container gets; a value from a secret is written secret:NAME/KEY."""
        environ: dict[str, str] = {}
        for source in pod.main.get("envFrom", ()):
            environ |= self.one("ConfigMap", source["configMapRef"]["name"])["data"]
        for variable in pod.main.get("env", ()):
            if "value" in variable:
                environ[variable["name"]] = variable["value"]
            else:
                reference = variable["valueFrom"]["secretKeyRef"]
                environ[variable["name"]] = f"secret:{reference['name']}/{reference['key']}"
        return environ


def _pods(found: Object) -> Iterator[PodTemplate]:
    template = {
        "Pod": lambda: found,
        "Deployment": lambda: found["spec"]["template"],
        "StatefulSet": lambda: found["spec"]["template"],
        "Job": lambda: found["spec"]["template"],
        "CronJob": lambda: found["spec"]["jobTemplate"]["spec"]["template"],
    }.get(found["kind"])
    if template is not None:
        pod = template()
        owner = f"{found['kind']}/{found['metadata']['name']}"
        component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
        yield PodTemplate(owner, component, pod["spec"], pod["metadata"])


class Chart:
    """The chart as it would be installed; what was rendered once is kept."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self.home = home
        self._rendered: dict[str, Manifests] = {}

    def __call__(
        self,
        values: Mapping[str, Any] | None = None,
        *,
        helm_name: str = "helm4",
        kube_version: str = "1.34",
        api_versions: Sequence[str] = CUSTOM,
        release: str = RELEASE,
        namespace: str = NAMESPACE,
    ) -> Manifests:
        """Renders these values. Raises HelmError."""
        flags = ["--kube-version", kube_version, "--namespace", namespace]
        flags += [f"--api-versions={version}" for version in api_versions]
        written = json.dumps(values or {})
        key = json.dumps([helm_name, release, flags, written])
        if key not in self._rendered:
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(written)
                file.flush()
                text = helm(
                    helm_name, "template", release, str(self.path), "--values", file.name, *flags, home=self.home
                )
            self._rendered[key] = Manifests(text)
        return self._rendered[key]


def with_servers(**values: Any) -> dict[str, Any]:
    return SERVERS | values
