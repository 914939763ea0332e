"""docs/alerts.md can be followed at night: every command says where it goes."""

import json
import re

import pytest

from canslim_infra.postgres.tables import Job
from tests.chart.rendering import CHART, Chart
from tests.deploy.pages import ALERTS, ids, options
from tests.deploy.sources import ROOT, load
from tests.deploy.test_k8s_folder import values

INTRODUCTION = ALERTS.text.partition("\n## ")[0]


@pytest.mark.parametrize("words", ALERTS.called("kubectl"), ids=ids)
def test_kubectl_is_told_the_alerts_namespace(words: list[str]) -> None:
    assert options(words, "-n", "--namespace") in ([("-n", "NAMESPACE")], [("--namespace", "NAMESPACE")])


@pytest.mark.parametrize("words", ALERTS.called("helm"), ids=ids)
def test_helm_is_told_release_and_namespace(words: list[str]) -> None:
    assert options(words, "-n", "--namespace") == [("--namespace", "NAMESPACE")]
    assert words[0] == "list" or words[1] == "RELEASE"


def test_pools_are_scaled_where_the_alert_is() -> None:
    scaled = [words for words in ALERTS.commands() if "k8s/scale.sh" in words]
    assert len(scaled) >= 5
    for words in scaled:
        *before, script, pool, number = words
        assert (before, script, pool) == (["NAMESPACE=NAMESPACE", "RELEASE=RELEASE"], "k8s/scale.sh", "POOL")
        assert re.fullmatch(r"\d+|auto", number)
    assert ALERTS.called("make") == []


def test_the_introduction_says_where_canslim_runs_and_what_to_do_without_the_api() -> None:
    assert "kubectl -n NAMESPACE exec deployment/canslim-api -- canslim " in INTRODUCTION
    assert "(#canslimapiabsent)" in INTRODUCTION
    [(asked, ordered)] = re.findall(r"SELECT (.+) FROM job ORDER BY (\w+) DESC", INTRODUCTION)
    assert {*asked.split(", "), ordered} <= Job.model_fields.keys()


def test_the_token_is_where_the_page_looks_for_it(chart: Chart) -> None:
    [(secret, key)] = re.findall(r"get secret (\S+) -o jsonpath='{\.data\.(\w+)}'", INTRODUCTION)
    assert key in chart(values("trial")).one("Secret", secret)["stringData"]
    assert values("production")["adminToken"]["existingSecret"] == secret
    assert load("charts/canslim/values.yaml")["adminToken"]["key"] == key


def test_panels_that_are_named_are_on_a_dashboard() -> None:
    boards = [json.loads(path.read_text()) for path in (CHART / "dashboards").glob("*.json")]
    titles = {panel["title"] for board in boards for panel in board["panels"]}
    titles |= {board["title"].partition(" / ")[2] for board in boards}
    named = re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", re.sub(r"\s+", " ", ALERTS.text))
    assert len(named) > 15
    assert [name for name in named if not any(title.startswith(name) for title in titles)] == []


def test_kedas_values_are_those_that_the_page_names() -> None:
    section = ALERTS.text.partition("## CanslimScalerUnseen")[2].partition("\n## ")[0]
    assert "k8s/monitoring/keda.yaml" in section
    [enabled] = set(load("k8s/monitoring/keda.yaml")["prometheus"]["operator"]) - {"enabled"}
    assert enabled.lower() in section.lower()
    assert (ROOT / "k8s/monitoring/prometheus-adapter.yaml").name in ALERTS.text
