"""What helm prints after an installation. Helm prints it only with a cluster, so a copy of the chart renders it."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.chart.rendering import CHART, HELMS, SETS, Chart, with_servers
from tools.monitoring.objectives import WAIT_OBJECTIVE

#: An object that holds the notes.
NOTES = """
apiVersion: v1
kind: ConfigMap
metadata: {name: printed}
data:
  notes: {{ include (print .Template.BasePath "/NOTES.txt") . | quote }}
"""


@pytest.fixture(scope="session")
def printing(tmp_path_factory: pytest.TempPathFactory, helm_home: Path) -> Chart:
    copy = tmp_path_factory.mktemp("notes") / "canslim"
    shutil.copytree(CHART, copy)
    (copy / "templates" / "printed.yaml").write_text(NOTES)
    return Chart(copy, helm_home)


def notes(printing: Chart, values: dict, **flags: str) -> str:
    return printing(values, **flags).one("ConfigMap", "printed")["data"]["notes"]


COMMANDS = {
    "fixed": "kubectl -n stocks scale deployment/canslim-scoring --replicas=N",
    "hpa": """kubectl -n stocks patch hpa/canslim-scoring --patch '{"spec":{"minReplicas":N,"maxReplicas":N}}'""",
    "keda": "kubectl -n stocks annotate scaledobject/canslim-scoring --overwrite autoscaling.keda.sh/paused-replicas=N",
}


@pytest.mark.parametrize("helm_name", HELMS)
@pytest.mark.parametrize("mode", COMMANDS)
def test_each_pool_gets_the_command_that_scales_it(printing: Chart, mode: str, helm_name: str) -> None:
    printed = notes(printing, with_servers(pools={"scoring": {"autoscaling": {"mode": mode}}}), helm_name=helm_name)
    found = [command for command in COMMANDS.values() if command in printed]
    assert found == [COMMANDS[mode]]


@pytest.mark.parametrize("helm_name", HELMS)
def test_an_autoscalers_bounds_have_a_way_back(printing: Chart, helm_name: str) -> None:
    values = with_servers(pools={"scoring": {"autoscaling": {"mode": "hpa"}}})
    printed = notes(printing, values, helm_name=helm_name, release="other")
    assert "make scale POOL=scoring N=auto NAMESPACE=stocks RELEASE=other\n" in printed
    assert "POOL=collector" not in printed


#: Pools whose autoscalers aim at something else than the rules do.
OTHER_OBJECTIVES = {
    "collector": {"autoscaling": {"mode": "keda", "objectiveSeconds": 600}},
    "scoring": {"autoscaling": {"mode": "hpa", "objectiveSeconds": 60}},
    "night": {"service": "scoring", "autoscaling": {"mode": "hpa", "objectiveSeconds": 1_000_000}},
}


@pytest.mark.parametrize("helm_name", HELMS)
def test_an_objective_that_the_rules_do_not_have_is_warned_of(printing: Chart, helm_name: str) -> None:
    values = with_servers(pools=OTHER_OBJECTIVES, monitoring={"rules": {"enabled": True}})
    warning = notes(printing, values, helm_name=helm_name).partition(
        "WARNING: objectiveSeconds is for the autoscalers."
    )
    assert warning[2].splitlines()[1:] == ["  collector: 300 s, not 600 s", "  night: 60 s, not 1000000 s"]


@pytest.mark.parametrize("helm_name", HELMS)
@pytest.mark.parametrize(("pools", "rules"), [(OTHER_OBJECTIVES, False), ({}, True)])
def test_without_rules_or_without_another_objective_there_is_nothing_to_warn_of(
    printing: Chart, pools: dict, rules: bool, helm_name: str
) -> None:
    printed = notes(printing, with_servers(pools=pools, monitoring={"rules": {"enabled": rules}}), helm_name=helm_name)
    assert "objectiveSeconds" not in printed


def test_the_objectives_of_the_rules_are_the_defaults_of_the_values() -> None:
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())["poolDefaults"]
    assert {queue: pool["autoscaling"]["objectiveSeconds"] for queue, pool in defaults.items()} == WAIT_OBJECTIVE


def test_every_pool_is_named(printing: Chart) -> None:
    printed = notes(printing, SETS["pools"])
    for name in ("collector", "scoring", "night", "day-time", "quick"):
        assert f"canslim-{name} " in printed or f"canslim-{name}\n" in printed


def test_a_pool_that_the_provider_caps_is_told(printing: Chart) -> None:
    assert "maxReplicas 20 is more than settings.yahoo.inFlight keeps busy" in notes(printing, SETS["yahoo"])
    assert "keeps busy" not in notes(printing, SETS["keda"])


def test_the_api_is_reached_by_forwarding_or_by_its_name(printing: Chart) -> None:
    assert "port-forward service/canslim-api 8000:8000" in notes(printing, SETS["trial"])
    assert "https://canslim.example/" in notes(printing, SETS["external"])
    assert "http://canslim.example/" in notes(printing, SETS["everything"])


@pytest.mark.parametrize(
    ("name", "secret", "key"), [("trial", "canslim-admin-token", "token"), ("external", "admin", "password")]
)
def test_the_token_is_found(printing: Chart, name: str, secret: str, key: str) -> None:
    command = f"get secret {secret} -o go-template='{{{{index .data \"{key}\" | base64decode}}}}'"
    assert command in notes(printing, SETS[name])


@pytest.mark.parametrize(
    ("labels", "warning"),
    [
        ({}, "monitoring.podMonitor.labels and monitoring.rules.labels are empty"),
        ({"podMonitor": {"labels": {"release": "x"}}}, "monitoring.rules.labels is empty"),
        ({"podMonitor": {"labels": {"release": "x"}}, "rules": {"labels": {"release": "x"}}}, None),
    ],
)
def test_objects_that_no_operator_would_see_are_warned_of(printing: Chart, labels: dict, warning: str | None) -> None:
    monitoring = {kind: {"enabled": True} | labels.get(kind, {}) for kind in ("podMonitor", "rules")}
    printed = notes(printing, with_servers(monitoring=monitoring))
    assert (warning in printed) if warning else ("are empty" not in printed and "is empty" not in printed)


@pytest.mark.parametrize(("name", "warned"), [("trial", True), ("files", True), ("external", False)])
def test_bundled_servers_are_for_trials_and_the_notes_say_so(printing: Chart, name: str, warned: bool) -> None:
    assert ("for trials" in notes(printing, SETS[name])) is warned


@pytest.mark.parametrize("name", SETS)
def test_the_notes_are_readable(printing: Chart, name: str) -> None:
    printed = notes(printing, SETS[name])
    assert "  helm test canslim -n stocks\n" in printed
    assert "\n\n\n" not in printed
    assert not any(line != line.rstrip() for line in printed.splitlines())
    assert "<no value>" not in printed
    assert "map[" not in printed


@pytest.mark.parametrize("name", SETS)
def test_no_secret_is_printed(printing: Chart, name: str) -> None:
    manifests = printing(SETS[name])
    printed = notes(printing, SETS[name])
    assert not any(value in printed for found in manifests.all("Secret") for value in found["stringData"].values())
