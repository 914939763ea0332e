"""docs/operating.md and docs/alerts.md: commands and names are right as chart, command line and scripts are now."""

import re
from collections.abc import Mapping
from itertools import pairwise

import pytest
from typer.main import get_command

from canslim_api.routes import ENDPOINTS
from canslim_cli.main import app
from canslim_infra.settings import Settings
from tests.chart.rendering import CHART, Chart, Manifests, helm
from tests.deploy.pages import PAGES, Page, called, ids
from tests.deploy.sources import ROOT, load

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
#: What the pages write for a name of the reader's, and one that there is.
PLACES: Mapping[str, str] = {"pools.NAME": "poolDefaults.collector", "pools.POOL": "poolDefaults.collector"}


@pytest.mark.parametrize("helm_name", ["helm3", "helm4"])
@pytest.mark.parametrize("words", called("helm"), ids=ids)
def test_helm_knows_the_command_and_its_options(chart: Chart, words: list[str], helm_name: str) -> None:
    command = words[:2] if words[0] == "repo" else words[:1]
    known = helm(helm_name, *command, "--help", home=chart.home)
    assert {word for word in words if word.startswith("--") and f"{word} " not in known} == set()


@pytest.mark.parametrize("words", called("canslim"), ids=ids)
def test_the_command_line_knows_the_command(words: list[str]) -> None:
    command, rest = get_command(app), list(words)
    while hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= known


@pytest.mark.parametrize("words", called("make"), ids=ids)
def test_make_knows_the_target_and_its_variables(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text()
    target, *variables = words
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert all(f"$({name.partition('=')[0]})" in makefile for name in variables)


@each_page
def test_objects_that_kubectl_is_asked_for_are_in_the_chart(page: Page, installations: list[Manifests]) -> None:
    there = {f"{found['kind'].lower()}/{found['metadata']['name']}" for one in installations for found in one.objects}
    asked = {
        f"{kind}/{name}"
        for words in page.called("kubectl")
        for kind, name in re.findall(
            r"\b(deployment|statefulset|cronjob|service|scaledobject|hpa)[/ ](canslim[a-z-]*)", " ".join(words)
        )
    }
    assert len(asked) >= 3
    assert asked - there == set()


@each_page
def test_components_and_containers_that_kubectl_is_asked_for_are_in_the_chart(
    page: Page, installations: list[Manifests]
) -> None:
    pods = [pod for one in installations for pod in one.pods]
    components = set(re.findall(r"app\.kubernetes\.io/component=(\w+)", page.text))
    assert components - {"POOL"} <= {pod.component for pod in pods}
    containers = set(re.findall(r"--container (\S+?)`", page.text))
    assert containers <= {container["name"] for pod in pods for container in pod.containers}


@each_page
def test_names_in_the_text_are_settings_and_values(page: Page) -> None:
    settings = set(re.findall(r"CANSLIM_[A-Z_]+", page.text))
    assert {name.removeprefix("CANSLIM_").lower() for name in settings} <= Settings.model_fields.keys()
    values = load("charts/canslim/values.yaml")
    for path in re.findall(r"`([a-z][a-zA-Z]+(?:\.[a-zA-Z]+)+)(?:=\w+)?`", page.text):
        if not re.search(r"\.(yaml|md|sh)$", path):
            for place, name in PLACES.items():
                path = path.replace(place, name)
            assert has_value(values, path), path


def has_value(values: object, path: str) -> bool:
    first, _, rest = path.partition(".")
    return isinstance(values, dict) and first in values and (not rest or has_value(values[first], rest))


@each_page
def test_alerts_and_endpoints_that_are_named_exist(page: Page) -> None:
    rules = "".join(path.read_text() for path in (CHART / "rules").glob("*.yaml"))
    assert {name for name in re.findall(r"\b(Canslim[A-Za-z]+)", page.text) if f"alert: {name}\n" not in rules} == set()
    paths = {(one.method, re.sub(r"{\w+:?\w*}", "ID", one.path)) for one in ENDPOINTS}
    assert set(re.findall(r"`(GET|POST) (/\S+)`", page.text)) <= paths
    asked = {
        (dict(pairwise(words)).get("-X", "GET"), words[-1].removeprefix("API"))
        for words in page.called("curl")
        if words[-1].startswith("API")
    }
    assert asked <= paths


@pytest.mark.parametrize(
    ("page", "target"),
    [(page, target) for page in PAGES for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.text)],
)
def test_links_lead_somewhere(page: Page, target: str) -> None:
    assert (page.path.parent / target).exists()


@pytest.mark.parametrize(
    "path", sorted({path for page in PAGES for path in re.findall(r"\bk8s/[\w./-]+\.(?:yaml|sh)", page.text)})
)
def test_files_that_are_named_exist(path: str) -> None:
    assert (ROOT / path).is_file()


@each_page
def test_no_command_in_a_sentence_is_broken_over_two_lines(page: Page) -> None:
    """As such it would be in none of these tests."""
    assert [line for line in page.text.splitlines() if line.replace("```", "").count("`") % 2] == []


@each_page
def test_folders_that_are_named_exist(page: Page) -> None:
    named = re.findall(r"`((?:k8s|charts|docs|tests|tools)/[\w./-]+)`", page.text)
    assert [path for path in named if not (ROOT / path).exists()] == []
