"""Chart, Compose, Dockerfile, scripts and settings describe one system; where they name the same thing, they agree."""

import re
import tomllib
from datetime import timedelta
from typing import Any

import pytest

from canslim_collector.providers.yahoo.provider import SLICE
from canslim_core.stages import STAGES
from canslim_infra.settings import Settings
from tests.chart.rendering import Chart, Manifests
from tests.deploy.sources import ROOT, SERVICES, instructions, load

COMPOSE: dict[str, Any] = load("compose.yaml")
PROCESSES = {name: COMPOSE["services"][name] for name in SERVICES}
VALUES: dict[str, Any] = load("charts/canslim/values.yaml")
#: What a process has to end in after its drain.
MARGIN = 15
DEFAULTS = {name: field.default for name, field in Settings.model_fields.items()}


@pytest.fixture
def trial(chart: Chart) -> Manifests:
    return chart(load("k8s/values/trial.yaml"))


def of_compose(image: str) -> tuple[str, str]:
    """Name and tag of an image, as they are where the environment says nothing."""
    name, _, tag = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", image).partition(":")
    return name, tag


def seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


def services_of(path: str) -> tuple[str, ...]:
    """What a script does something for each of."""
    (found,) = re.findall(r"for service in (.*); do", (ROOT / path).read_text())
    return tuple(found.split())


def test_all_mean_the_same_three_images() -> None:
    names = {service: f"canslim-{service}" for service in SERVICES}
    assert {service: VALUES["images"][service]["repository"] for service in SERVICES} == names
    assert {service: of_compose(process["image"])[0] for service, process in PROCESSES.items()} == names
    assert [process["build"]["target"] for process in PROCESSES.values()] == list(SERVICES)
    assert services_of("tools/images.sh") == services_of("k8s/kind.sh") == SERVICES


def test_all_mean_the_same_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert load("charts/canslim/Chart.yaml")["appVersion"] == version
    assert {of_compose(process["image"])[1] for process in PROCESSES.values()} == {version}


@pytest.mark.parametrize(("server", "compose"), [("postgresql", "postgres"), ("valkey", "valkey")])
def test_all_mean_the_same_servers(server: str, compose: str) -> None:
    image = VALUES[server]["image"]
    assert of_compose(COMPOSE["services"][compose]["image"]) == (image["repository"], image["tag"])


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_starts_its_services_command(service: str) -> None:
    scripts = tomllib.loads((ROOT / "services" / service / "pyproject.toml").read_text())["project"]["scripts"]
    assert instructions(service, "ENTRYPOINT")[-1] == f'["canslim-{service}"]'
    assert f"canslim-{service}" in scripts


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_the_settings_own(trial: Manifests, service: str) -> None:
    metrics, api = str(DEFAULTS["metrics_port"]), str(DEFAULTS["api_port"])
    ports = {metrics, api} if service == "api" else {metrics}
    assert set(instructions(service, "EXPOSE")) == ports
    assert {str(port["containerPort"]) for port in trial.pod(service).main["ports"]} == ports
    health = PROCESSES[service]["healthcheck"]["test"][-1]
    assert re.findall(r"127\.0\.0\.1:(\d+)/readyz", health) == [api if service == "api" else metrics]


def test_the_api_is_published_where_it_listens() -> None:
    (port,) = PROCESSES["api"]["ports"]
    assert port.endswith(f":{DEFAULTS['api_port']}")
    assert VALUES["api"]["service"]["port"] == DEFAULTS["api_port"]


def test_all_drain_for_as_long_and_end_in_time(trial: Manifests) -> None:
    drain = VALUES["drainSeconds"]
    assert {process["environment"]["CANSLIM_DRAIN_SECONDS"] for process in PROCESSES.values()} == {str(drain)}
    assert {seconds(process["stop_grace_period"]) for process in PROCESSES.values()} == {drain + MARGIN}
    for service in SERVICES:
        assert trial.environment(trial.pod(service))["CANSLIM_DRAIN_SECONDS"] == str(drain)
        assert trial.pod(service).spec["terminationGracePeriodSeconds"] == drain + MARGIN


@pytest.mark.parametrize("page", ["operating.md", "decisions/0012-a-tasks-deadline-is-its-own.md"])
def test_what_the_drain_does_to_tasks_is_said_in_the_codes_own_numbers(page: str) -> None:
    said = " ".join((ROOT / "docs" / page).read_text().split())
    deadlines = sorted({stage.deadline // timedelta(minutes=1) for stage in STAGES.values()})
    assert f"{' or '.join(map(str, deadlines))} minutes" in said
    assert f"begins no stock after {SLICE:.0f} s" in said
    assert "drainSeconds" in said
    if page == "operating.md":
        assert f"`drainSeconds` ({VALUES['drainSeconds']})" in said
    else:
        assert f"both {MARGIN} s longer" in said


def test_a_task_usually_ends_within_the_drain_and_its_deadline_is_beyond_it() -> None:
    drain = timedelta(seconds=VALUES["drainSeconds"])
    last_stock = timedelta(seconds=VALUES["settings"]["yahoo"]["timeoutSeconds"])
    assert timedelta(seconds=SLICE) + last_stock < drain
    assert all(drain < stage.deadline for stage in STAGES.values())


def test_all_run_as_the_same_user_on_a_root_that_cannot_be_written(trial: Manifests) -> None:
    for service in SERVICES:
        (user,) = instructions(service, "USER")
        security = trial.pod(service).spec["securityContext"]
        assert user == f"{security['runAsUser']}:{security['runAsGroup']}" == PROCESSES[service]["user"]
        assert PROCESSES[service]["read_only"]
        assert trial.pod(service).main["securityContext"]["readOnlyRootFilesystem"]


def test_all_migrate_by_the_same_command(trial: Manifests) -> None:
    migration = COMPOSE["services"]["migration"]
    assert migration["entrypoint"] == trial.pod("migration").main["command"] == ["canslim", "db", "upgrade"]
    assert migration["image"] == PROCESSES["api"]["image"]


def test_compose_sets_only_settings_that_exist() -> None:
    known = {f"CANSLIM_{name.upper()}" for name in DEFAULTS}
    services = COMPOSE["services"].values()
    given = {name for service in services for name in service.get("environment", ()) if name.startswith("CANSLIM_")}
    assert given - known == set()


def test_queues_are_those_of_the_stages(chart: Chart) -> None:
    queues = {stage.queue for stage in STAGES.values()}
    hpa, keda = (
        chart(load("k8s/values/trial.yaml") | {"pools": {queue: {"autoscaling": {"mode": mode}} for queue in queues}})
        for mode in ("hpa", "keda")
    )
    assert {pod.labels["canslim.io/queue"] for pod in hpa.pods if pod.is_worker} == queues
    scalers = hpa.all("HorizontalPodAutoscaler")
    selectors = [metric["external"]["metric"]["selector"] for one in scalers for metric in one["spec"]["metrics"]]
    assert {selector["matchLabels"]["queue"] for selector in selectors} == queues
    queries = [one["spec"]["triggers"][0]["metadata"]["query"] for one in keda.all("ScaledObject")]
    assert {re.findall(r"queue = '(\w+)'", query)[0] for query in queries} == queues


def test_the_charts_autoscalers_say_what_scale_sh_gives_back(chart: Chart) -> None:
    manifests = chart(load("k8s/values/trial.yaml") | {"pools": {"scoring": {"autoscaling": {"mode": "hpa"}}}})
    (hpa,) = manifests.all("HorizontalPodAutoscaler")
    spec, notes = hpa["spec"], hpa["metadata"]["annotations"]
    assert notes["canslim.io/min-replicas"] == str(spec["minReplicas"])
    assert notes["canslim.io/max-replicas"] == str(spec["maxReplicas"])
    assert set(re.findall(r"annotations\.(canslim\\\.io/[a-z-]+)", (ROOT / "k8s" / "scale.sh").read_text())) == {
        name.replace(".", "\\.") for name in notes
    }
