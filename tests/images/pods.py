"""Runs the pods that the chart renders with `podman kube play`, each in the words of the chart.

What podman 4.3 doesn't do of what Kubernetes does is done here, and nothing else is changed:

- It knows pods alone: deployments, stateful sets, jobs and cron jobs are given to it as the pods of their templates, as
  many as they have replicas.
- It has no services: a pod has the name of its service in the network of the test.
- Its secrets hold one value: each secret becomes one of podman's, in the form that it reads for `secretKeyRef`.
- It leaves $(NAME) in arguments as it is: it is filled in with the secret's value.
- It shares volumes of one name between pods, and knows no fsGroup: each volume becomes one of podman's own, which
  belongs to the pod's user and group.
- It publishes ports on the host, and runs probes by systemd: both are left out. `Pod.passes` runs the chart's probes.
- It starts an init container that has succeeded again where everything is to be restarted: here, only what fails is.
- It gives every container 10 s to end: the test stops it with the pod's own grace period.
"""

import base64
import copy
import json
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import yaml

from tests.images.building import ROOT, TAG, server_image
from tests.images.engine import Engine, until
from tests.images.installation import Container, Installation
from tests.programs import program

#: Values by the secret's name and by key.
Secrets = dict[str, dict[str, str]]

RELEASE = "t"
NAMESPACE = "canslim"
NETWORK = "pods"
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
#: A service's container, and where the others find it.
SERVICE_PORT = 8000


@dataclass(eq=False)
class Pod:
    """One pod of the chart, before and after podman runs it."""

    engine: Engine
    name: str
    labels: dict[str, str]
    spec: dict[str, Any]
    #: Whether it runs once, as that of a job.
    once: bool = False
    play: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def component(self) -> str:
        return self.labels["app.kubernetes.io/component"]

    @property
    def grace(self) -> int:
        return int(self.spec["terminationGracePeriodSeconds"])

    @cached_property
    def container(self) -> Container:
        """The one of its containers that is no init container."""
        (only,) = self.spec["containers"]
        name = f"{self.name}-{only['name']}"
        pod = self.engine.inspect(name)["Pod"]
        infra = json.loads(self.engine.podman("pod", "inspect", pod))["InfraContainerID"]
        return Container(self.engine, name, infra)

    def passes(self, probe: str) -> bool:
        """Whether its probe succeeds, asked as the kubelet does."""
        (only,) = self.spec["containers"]
        asked = only[probe]
        if "exec" in asked:
            return self.engine.succeeds("exec", self.container.name, *asked["exec"]["command"])
        ports = {port["name"]: port["containerPort"] for port in only["ports"]}
        try:
            if "httpGet" in asked:
                return self.container.get(asked["httpGet"]["path"], ports[asked["httpGet"]["port"]]).is_success
            with socket.create_connection((self.container.address, ports[asked["tcpSocket"]["port"]]), timeout=5):
                return True
        except (httpx.TransportError, OSError):
            return False

    def failing(self) -> list[str]:
        (only,) = self.spec["containers"]
        return [probe for probe in PROBES if probe in only and not self.passes(probe)]

    def manifest(self, volumes: dict[str, str], secrets: Secrets) -> dict[str, Any]:
        """As podman takes it; volumes: podman's names by the pod's."""
        spec = copy.deepcopy(self.spec)
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            for unknown in ("ports", "lifecycle", *PROBES):
                container.pop(unknown, None)
            if "args" in container:
                container["args"] = [filled(argument, container["env"], secrets) for argument in container["args"]]
        spec["volumes"] = [
            {"name": name, "persistentVolumeClaim": {"claimName": volume}} for name, volume in volumes.items()
        ]
        if spec.get("restartPolicy", "Always") == "Always":
            spec["restartPolicy"] = "OnFailure"
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": self.name, "labels": self.labels}, "spec": spec}


def filled(argument: str, environment: list[dict[str, Any]], secrets: Secrets) -> str:
    for variable in environment:
        if "valueFrom" in variable:
            reference = variable["valueFrom"]["secretKeyRef"]
            argument = argument.replace(f"$({variable['name']})", secrets[reference["name"]][reference["key"]])
    return argument


def render(*values: str) -> list[dict[str, Any]]:
    """What Helm makes of the chart, with the images built here and the servers that it bundles."""
    command = [program("helm4"), "template", RELEASE, ROOT / "charts" / "canslim", "--namespace", NAMESPACE]
    images = [f"images.tag={TAG}", "images.registry=localhost", "postgresql.bundled=true", "valkey.bundled=true"]
    for value, server in (("postgresql", "postgres"), ("valkey", "valkey")):
        name, tag = server_image(server).rsplit(":", 1)
        images += [f"{value}.image.repository={name}", f"{value}.image.tag={tag}"]
    sets = [option for value in (*images, *values) for option in ("--set", value)]
    done = subprocess.run([*command, *sets], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [rendered for rendered in yaml.safe_load_all(done.stdout) if rendered]


class Cluster:
    """The rendered objects, and the pods that run of them."""

    def __init__(self, engine: Engine, rendered: list[dict[str, Any]], folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.secrets = {made["metadata"]["name"]: made["stringData"] for made in rendered if made["kind"] == "Secret"}
        self.settings = [made for made in rendered if made["kind"] == "ConfigMap"]
        self.services = [made for made in rendered if made["kind"] == "Service"]
        self.pods = [pod for made in rendered for pod in pods_of(engine, made)]
        for name, values in self.secrets.items():
            self._keep_secret(name, values)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Those that still wait for their init containers are given up."""
        for play in (pod.play for pod in self.pods if pod.play is not None):
            play.kill()
            play.communicate()

    def of(self, component: str) -> list[Pod]:
        return [pod for pod in self.pods if pod.component == component]

    def start(self, pod: Pod) -> None:
        """Comes back at once; podman itself waits until the init containers have ended."""
        volumes = {volume["name"]: f"{pod.name}-{volume['name']}" for volume in pod.spec["volumes"]}
        security = pod.spec["securityContext"]
        for volume in volumes.values():
            owner = f"o=uid={security['runAsUser']},gid={security['fsGroup']}"
            self.engine.podman("volume", "create", "--opt", owner, volume)
        file = self.folder / f"{pod.name}.yaml"
        file.write_text(yaml.safe_dump_all([*self.settings, pod.manifest(volumes, self.secrets)]))
        aliases = [f"alias={name}" for service in self.services if selects(service, pod) for name in names(service)]
        network = ":".join([NETWORK, ",".join(aliases)]) if aliases else NETWORK
        command = ["podman", "kube", "play", "--network", network, str(file)]
        pod.play = subprocess.Popen(
            command, env=self.engine.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def started(self, pod: Pod) -> None:
        assert pod.play is not None
        said, _ = pod.play.communicate(timeout=300)
        assert pod.play.returncode == 0, said

    def run_to_the_end(self, pod: Pod) -> int:
        """Starts a job's pod; its exit code."""
        self.start(pod)
        self.started(pod)
        return int(self.engine.podman("wait", pod.container.name))

    def _keep_secret(self, name: str, values: dict[str, str]) -> None:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        self.engine.podman("secret", "create", name, "-", input=json.dumps(encoded))


def pods_of(engine: Engine, made: dict[str, Any]) -> list[Pod]:
    """The pods that Kubernetes would make of an object."""
    name, kind = made["metadata"]["name"], made["kind"]
    if kind == "Pod":
        return [Pod(engine, name, made["metadata"]["labels"], made["spec"], once=True)]
    if kind == "CronJob":
        return pods_of(
            engine, {"kind": "Job", "metadata": made["metadata"], "spec": made["spec"]["jobTemplate"]["spec"]}
        )
    if kind not in {"Deployment", "StatefulSet", "Job"}:
        return []
    template = made["spec"]["template"]
    spec = template["spec"]
    claims = made["spec"].get("volumeClaimTemplates", [])
    spec["volumes"] += [{"name": claim["metadata"]["name"]} for claim in claims]
    numbers = range(made["spec"].get("replicas", 1))
    labels = template["metadata"]["labels"]
    return [Pod(engine, f"{name}-{number}", labels, spec, once=kind == "Job") for number in numbers]


def selects(service: dict[str, Any], pod: Pod) -> bool:
    return service["spec"]["selector"].items() <= pod.labels.items()


def names(service: dict[str, Any]) -> list[str]:
    name = service["metadata"]["name"]
    return [name, f"{name}.{NAMESPACE}", f"{name}.{NAMESPACE}.svc"]


@contextmanager
def installed(engine: Engine, folder: Path, *values: str) -> Iterator[tuple[Cluster, Installation]]:
    """All that the chart installs, started at once as in a cluster; the migration is repeated until it succeeds."""
    engine.podman("network", "create", NETWORK)
    with Cluster(engine, render(*values), folder) as cluster, come_up(cluster) as installation:
        yield cluster, installation


def come_up(cluster: Cluster) -> Installation:
    running = [pod for pod in cluster.pods if not pod.once]
    for pod in running:
        cluster.start(pod)
    (migration,) = cluster.of("migration")
    until(lambda: migrated(cluster, migration), "the migration has run", 120)
    for pod in running:
        cluster.started(pod)
    until(lambda: not failing(running), "every probe of every pod passes", 120, lambda: report(failing(running)))
    services = ("api", "collector", "scoring")
    processes = {service: [pod.container for pod in cluster.of(service)] for service in services}
    (postgres,) = cluster.of("postgresql")
    api = f"http://{processes['api'][0].address}:{SERVICE_PORT}"
    token = cluster.secrets[f"{RELEASE}-canslim-admin-token"]["token"]
    return Installation(cluster.engine, postgres.container.name, processes, api, token)


def failing(pods: Iterable[Pod]) -> dict[Pod, list[str]]:
    return {pod: probes for pod in pods if (probes := pod.failing())}


def report(failing: dict[Pod, list[str]]) -> str:
    return "\n".join(f"{pod.name}: {', '.join(probes)}\n{pod.container.logs()}" for pod, probes in failing.items())


def migrated(cluster: Cluster, migration: Pod) -> bool:
    cluster.engine.succeeds("pod", "rm", "--force", migration.name)
    cluster.engine.succeeds("volume", "rm", "--force", f"{migration.name}-tmp")
    return cluster.run_to_the_end(migration) == 0
