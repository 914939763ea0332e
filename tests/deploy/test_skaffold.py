"""skaffold.yaml fits Skaffold's schema, the Dockerfile, the chart, and the local cluster."""

import json
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from tests.chart.rendering import Chart, Manifests
from tests.deploy.skaffold import CONFIG, PROFILES, Built, configured, release_of, render
from tests.deploy.sources import ROOT, SERVICES, dockerfile_stages, load

SCHEMA = json.loads(Path(__file__).with_name("skaffold.schema.json").read_text())
#: As Skaffold names images that stay on this machine, and those it pushed.
LOCAL = {f"canslim-{service}": Built(f"canslim-{service}", f"{service:0<64}") for service in SERVICES}
PUSHED = {
    f"canslim-{service}": Built(f"registry.example:5000/team/canslim-{service}", "v1", f"sha256:{digit * 64}")
    for service, digit in zip(SERVICES, "abc", strict=True)
}
CHOICES = [(), *((name,) for name in PROFILES), tuple(PROFILES)]


@pytest.fixture(params=CHOICES, ids=lambda names: "+".join(names) or "default")
def profiles(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return request.param


@pytest.fixture
def rendered(chart: Chart, profiles: tuple[str, ...]) -> Manifests:
    return render(chart, configured(*profiles), LOCAL)


def test_it_is_as_skaffold_wants_it(profiles: tuple[str, ...]) -> None:
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(configured(*profiles))] == []


def test_every_image_has_an_artifact_of_the_dockerfiles_target() -> None:
    artifacts = {artifact["image"]: artifact["docker"] for artifact in CONFIG["build"]["artifacts"]}
    assert artifacts == {f"canslim-{service}": {"dockerfile": "Dockerfile", "target": service} for service in SERVICES}
    assert set(SERVICES) <= set(dockerfile_stages())


def test_the_build_understands_the_dockerfiles_mounts() -> None:
    assert CONFIG["build"]["local"] == {"useBuildkit": True}


@pytest.mark.parametrize("built", [LOCAL, PUSHED], ids=["local", "pushed"])
def test_every_pod_runs_the_image_that_was_built(
    chart: Chart, profiles: tuple[str, ...], built: dict[str, Built]
) -> None:
    manifests = render(chart, configured(*profiles), built)
    ours = {
        container["image"]
        for pod in manifests.pods
        if pod.component not in ("postgresql", "valkey")
        for container in pod.containers
    }
    assert ours == {image.reference for image in built.values()}


def test_forwarded_ports_are_ports_of_services(rendered: Manifests) -> None:
    for forward in CONFIG["portForward"]:
        service = rendered.one("Service", forward["resourceName"])
        assert forward["namespace"] == release_of(CONFIG)["namespace"]
        assert forward["port"] in [port["port"] for port in service["spec"]["ports"]]


def test_it_deploys_to_the_local_cluster_alone() -> None:
    assert CONFIG["deploy"]["kubeContext"] == f"kind-{load('k8s/kind.yaml')['name']}"


def test_the_namespace_is_there_before_the_release() -> None:
    assert release_of(CONFIG)["namespace"] == load("k8s/namespace.yaml")["metadata"]["name"]


def test_the_hook_applies_the_namespace_in_skaffolds_context(tmp_path: Path) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    kubectl.chmod(0o755)
    (hook,) = CONFIG["deploy"]["helm"]["hooks"]["before"]
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SKAFFOLD_KUBE_CONTEXT": "kind-canslim"}
    ran = subprocess.run(hook["host"]["command"], env=environ, cwd=ROOT, capture_output=True, text=True, check=True)
    *_, file = called = ran.stdout.split()
    assert called == ["--context", "kind-canslim", "apply", "--filename", file]
    assert (ROOT / file).is_file()


def test_development_starts_by_itself_and_replaces_pods_quickly(chart: Chart) -> None:
    assert PROFILES["dev"]["activation"] == [{"command": "dev"}]
    manifests = render(chart, configured("dev"), LOCAL)
    assert manifests.one("Deployment", "canslim-api")["spec"]["replicas"] == 1
    assert {pod.spec["terminationGracePeriodSeconds"] for pod in manifests.pods} == {25}


def test_monitoring_brings_what_prometheus_and_grafana_need(chart: Chart) -> None:
    plain = {found["kind"] for found in render(chart, configured(), LOCAL).objects}
    watched = {found["kind"] for found in render(chart, configured("monitoring"), LOCAL).objects}
    assert watched - plain == {"PodMonitor", "PrometheusRule"}
