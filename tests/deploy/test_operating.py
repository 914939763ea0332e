"""docs/operating.md: its commands are right as the chart, the command line and the scripts are now."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import dropwhile

import pytest
from typer.main import get_command

from canslim_api.app import POOL_SIZE
from canslim_api.routes import ENDPOINTS
from canslim_cli.main import app
from canslim_infra.settings import Settings
from tests.chart.rendering import CHART, CUSTOM, Chart, Manifests, helm
from tests.deploy.sources import ROOT, load

PAGE = ROOT / "docs" / "operating.md"
TEXT = PAGE.read_text()
#: A block of commands, or a command in a sentence.
CODE = re.compile(r"```sh\n(.*?)```|`([^`\n]+)`", re.DOTALL)
ASSIGNMENT = re.compile(r"[A-Z]+=.*")
NAMESPACE = "canslim"


def commands() -> Iterator[list[str]]:
    """Every command of the page, in words; those behind a pipe are commands too."""
    for block, inline in CODE.findall(TEXT):
        for line in (block or inline).replace("\\\n", " ").replace("|\n", "| ").splitlines():
            for part in line.split(" | "):
                try:
                    yield shlex.split(part)
                except ValueError:
                    # Half of a sentence's code, such as one quote.
                    continue


def called(program: str) -> list[list[str]]:
    """What a program is called with; what a container is to run counts, and variables before it don't."""
    found = []
    for words in commands():
        own = list(dropwhile(ASSIGNMENT.fullmatch, words))
        inner = own[own.index("--") + 1 :] if "--" in own else []
        found += [one[1:] for one in (own, inner) if len(one) > 1 and one[0] == program]
    return found


def ids(words: list[str]) -> str:
    return " ".join(words)[:60]


@cache
def copies() -> dict[str, str]:
    """What is copied from where, for the operator to change."""
    return {target: source for source, target in called("cp")}


def options(words: list[str], *names: str) -> list[tuple[str, str]]:
    return [(word, words[index + 1]) for index, word in enumerate(words) if word in names]


RELEASES = [words for words in called("helm") if str(CHART.relative_to(ROOT)) in words]


@pytest.mark.parametrize("words", RELEASES, ids=ids)
def test_helm_takes_the_values_that_are_given(chart: Chart, words: list[str]) -> None:
    flags = []
    for option, value in options(words, "--values", "--set", "--set-string"):
        flags += [option, str(ROOT / copies().get(value, value)) if option == "--values" else value]
    apis = [f"--api-versions={version}" for version in CUSTOM]
    assert helm("helm4", "template", NAMESPACE, str(CHART), *flags, *apis, home=chart.home)


@pytest.mark.parametrize("helm_name", ["helm3", "helm4"])
@pytest.mark.parametrize("words", called("helm"), ids=ids)
def test_helm_knows_the_command_and_its_options(chart: Chart, words: list[str], helm_name: str) -> None:
    command = words[:2] if words[0] == "repo" else words[:1]
    known = helm(helm_name, *command, "--help", home=chart.home)
    assert {word for word in words if word.startswith("--") and f"{word} " not in known} == set()


@pytest.mark.parametrize("words", [words for words in called("helm") if "--values" in words], ids=ids)
def test_files_of_values_exist(words: list[str]) -> None:
    for _, path in options(words, "--values"):
        assert (ROOT / copies().get(path, path)).is_file()


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


@pytest.fixture
def installations(chart: Chart) -> list[Manifests]:
    files = (["trial"], ["production", "monitoring"])
    rendered = []
    for names in files:
        flags = [f"--values={ROOT / 'k8s' / 'values' / name}.yaml" for name in names]
        apis = [f"--api-versions={version}" for version in CUSTOM]
        rendered.append(
            Manifests(
                helm(
                    "helm4", "template", NAMESPACE, str(CHART), "--namespace", NAMESPACE, *flags, *apis, home=chart.home
                )
            )
        )
    return rendered


def test_objects_that_kubectl_is_asked_for_are_in_the_chart(installations: list[Manifests]) -> None:
    there = {f"{found['kind'].lower()}/{found['metadata']['name']}" for one in installations for found in one.objects}
    asked = {
        f"{kind}/{name}"
        for words in called("kubectl")
        for kind, name in re.findall(
            r"\b(deployment|statefulset|cronjob|service|scaledobject|hpa)[/ ](canslim[a-z-]*)", " ".join(words)
        )
    }
    assert len(asked) >= 5
    assert asked - there == set()


def test_components_and_containers_that_kubectl_is_asked_for_are_in_the_chart(installations: list[Manifests]) -> None:
    pods = [pod for one in installations for pod in one.pods]
    components = set(re.findall(r"app\.kubernetes\.io/component=(\w+)", TEXT))
    assert components <= {pod.component for pod in pods}
    containers = set(re.findall(r"--container (\S+?)`", TEXT))
    assert containers <= {container["name"] for pod in pods for container in pod.containers}


def test_it_is_always_the_one_namespace() -> None:
    named = {value for words in commands() for _, value in options(words, "--namespace")}
    assert named == {load("k8s/namespace.yaml")["metadata"]["name"], "monitoring", "keda"}


def test_names_in_the_text_are_settings_and_values() -> None:
    settings = set(re.findall(r"CANSLIM_[A-Z_]+", TEXT))
    assert {name.removeprefix("CANSLIM_").lower() for name in settings} <= Settings.model_fields.keys()
    values = load("charts/canslim/values.yaml")
    for path in re.findall(r"`([a-z][a-zA-Z]+(?:\.[a-zA-Z]+)+)(?:=\w+)?`", TEXT):
        if not re.search(r"\.(yaml|md|sh)$", path):
            assert has_value(values, path.replace("pools.NAME", "poolDefaults.collector")), path


def has_value(values: object, path: str) -> bool:
    first, _, rest = path.partition(".")
    return isinstance(values, dict) and first in values and (not rest or has_value(values[first], rest))


def test_alerts_and_endpoints_that_are_named_exist() -> None:
    rules = "".join(path.read_text() for path in (CHART / "rules").glob("*.yaml"))
    assert {name for name in re.findall(r"`(Canslim[A-Za-z]+)`", TEXT) if f"alert: {name}\n" not in rules} == set()
    paths = {(one.method, re.sub(r"{\w+:?\w*}", "ID", one.path)) for one in ENDPOINTS}
    assert set(re.findall(r"`(GET|POST) (/\S+)`", TEXT)) <= paths


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)", TEXT))
def test_links_lead_somewhere(target: str) -> None:
    assert (PAGE.parent / target).exists()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\bk8s/[\w./-]+\.(?:yaml|sh)", TEXT))))
def test_files_that_are_named_exist(path: str) -> None:
    assert (ROOT / path).is_file()


def test_production_takes_as_many_connections_as_the_page_says(installations: list[Manifests]) -> None:
    production = installations[1]
    (api,) = production.all("HorizontalPodAutoscaler")
    pools = {one["metadata"]["name"]: one["spec"]["maxReplicaCount"] for one in production.all("ScaledObject")}
    threads = {
        name: int(production.environment(production.pod(name))[f"CANSLIM_{name.upper()}_THREADS"])
        for name in ("collector", "scoring")
    }
    most_api = api["spec"]["maxReplicas"] + 1
    most = [2 * pools[f"canslim-{name}"] * (2 * threads[name] + 2) for name in threads]
    said = re.sub(r"\s+", " ", TEXT)
    assert f"{most_api} pods of the API, twice {pools['canslim-collector']} collectors" in said
    assert f"{most_api * POOL_SIZE} + {most[0]} + {most[1]} + {len(pools)}," in said
    assert most_api * POOL_SIZE + sum(most) + len(pools) + 3 < 200
