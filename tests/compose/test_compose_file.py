"""compose.yaml as text: valid, contained, and of one mind with the settings, the Dockerfile and the chart."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from canslim_infra.settings import PREFIX, Settings
from tests.programs import program

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("api", "collector", "scoring", "migration")
POOLS = ("collector", "scoring")
VALUES = yaml.safe_load((ROOT / "charts" / "canslim" / "values.yaml").read_text())
#: Not for a container: addresses that are its own, what is under /tmp anyway, and what `canslim up` or tests use.
NOT_HERE = {"api_host", "api_port", "api_url", "metrics_port", "yahoo_cache_dir", "data_dir", "yahoo_base_url"}

ours = pytest.mark.parametrize("name", OURS)
every = pytest.mark.parametrize("name", sorted(SERVICES))


def default(value: str) -> str:
    """A value as it is where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


def seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


def test_the_file_is_valid() -> None:
    command = [program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@every
def test_every_container_is_contained(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert {"max-size", "max-file"} <= set(service["logging"]["options"])
    assert "privileged" not in service
    assert "container_name" not in service


@every
def test_ports_are_open_to_this_host_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:${") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", POOLS)
def test_a_pool_can_have_any_number_of_containers(name: str) -> None:
    assert "ports" not in SERVICES[name]
    assert "hostname" not in SERVICES[name]


@ours
def test_our_containers_are_the_images_of_the_dockerfile(name: str) -> None:
    service = SERVICES[name]
    image = default(service["image"])
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert image == f"canslim-{'api' if name == 'migration' else name}:{version[1]}"
    if name != "migration":
        assert service["build"] == {"context": ".", "target": name}
        assert re.search(rf"^FROM runtime AS {name}$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


@ours
def test_every_variable_is_a_setting(name: str) -> None:
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    assert set(SERVICES[name]["environment"]) <= known


def test_every_setting_can_be_chosen() -> None:
    listed = set().union(*(SERVICES[name]["environment"] for name in OURS))
    assert {PREFIX + field.upper() for field in set(Settings.model_fields) - NOT_HERE} <= listed


def test_the_administrators_token_is_the_apis_alone() -> None:
    assert [name for name in OURS if "CANSLIM_ADMIN_TOKEN" in SERVICES[name]["environment"]] == ["api"]


@ours
def test_the_time_to_end_is_15_seconds_more_than_the_time_to_drain(name: str) -> None:
    drain = int(SERVICES[name]["environment"]["CANSLIM_DRAIN_SECONDS"])
    assert seconds(SERVICES[name]["stop_grace_period"]) == drain + 15
    assert drain == VALUES["drainSeconds"]


@pytest.mark.parametrize(("name", "values"), [("postgres", "postgresql"), ("valkey", "valkey")])
def test_the_servers_are_those_of_the_chart(name: str, values: str) -> None:
    image = VALUES[values]["image"]
    assert default(SERVICES[name]["image"]) == f"{image['repository']}:{image['tag']}"


def test_postgresql_is_16_or_newer() -> None:
    assert int(re.findall(r"\d+", default(SERVICES["postgres"]["image"]))[0]) >= 16


@pytest.mark.parametrize("name", ["api", *POOLS])
def test_processes_start_on_a_migrated_database(name: str) -> None:
    assert SERVICES[name]["depends_on"] == {
        "migration": {"condition": "service_completed_successfully"},
        "valkey": {"condition": "service_healthy"},
    }


def test_the_migration_runs_once_and_after_postgresql() -> None:
    migration = SERVICES["migration"]
    assert migration["entrypoint"] == ["canslim", "db", "upgrade"]
    assert migration["restart"] == "no"
    assert migration["depends_on"] == {"postgres": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migration", "prometheus", "grafana"}))
def test_whoever_is_waited_for_has_a_health_check(name: str) -> None:
    assert {"test", "interval", "timeout", "retries", "start_period"} <= set(SERVICES[name]["healthcheck"])


def test_only_the_collector_and_what_is_published_has_a_way_out() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    outside = {name for name, service in SERVICES.items() if "outside" in service["networks"]}
    assert outside == {"collector"} | {name for name, service in SERVICES.items() if "ports" in service}


def test_monitoring_is_asked_for() -> None:
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["monitoring"]} == {
        "prometheus",
        "grafana",
    }


def test_every_secret_that_is_wanted_is_in_the_example() -> None:
    wanted = set(re.findall(r"\$\{(\w+):\?", TEXT))
    example = (ROOT / "compose" / "example.env").read_text()
    assert wanted == set(re.findall(r"^(\w+)=$", example, re.MULTILINE))


def test_every_other_variable_is_named_in_the_example() -> None:
    others = set(re.findall(r"\$\{(\w+):-", TEXT))
    example = (ROOT / "compose" / "example.env").read_text()
    assert {name for name in others if not re.search(rf"\b{name}\b", example)} == set()


def test_every_file_that_is_mounted_is_there() -> None:
    mounts = [mount.partition(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]
    assert [mount for mount in mounts if mount.startswith("./") and not (ROOT / mount).exists()] == []


def test_prometheus_gives_the_labels_of_the_charts_pod_monitor() -> None:
    (job,) = yaml.safe_load((ROOT / "compose" / "prometheus.yml").read_text())["scrape_configs"]
    assert job["job_name"] == "canslim"
    assert job["dns_sd_configs"][0]["names"] == ["api", *POOLS]
    assert {rule["target_label"] for rule in job["relabel_configs"]} == {"pool", "pod", "namespace"}


def test_grafana_finds_prometheus_and_the_dashboards() -> None:
    (source,) = yaml.safe_load((ROOT / "compose" / "grafana" / "datasource.yaml").read_text())["datasources"]
    assert (source["type"], source["url"], source["isDefault"]) == ("prometheus", "http://prometheus:9090", True)
    (provider,) = yaml.safe_load((ROOT / "compose" / "grafana" / "dashboards.yaml").read_text())["providers"]
    assert any(mount.split(":")[1] == provider["options"]["path"] for mount in SERVICES["grafana"]["volumes"])
