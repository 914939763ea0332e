"""docs/operating.md: what it says of the chart's values and of its numbers; its commands are in test_pages.py."""

import re
from functools import cache

import pytest

from canslim_api.app import POOL_SIZE
from tests.chart.rendering import CHART, CUSTOM, Chart, Manifests, helm
from tests.deploy.pages import OPERATING, ids, options
from tests.deploy.sources import ROOT, load

NAMESPACE = "canslim"


@cache
def copies() -> dict[str, str]:
    """What is copied from where, for the operator to change."""
    return {target: source for source, target in OPERATING.called("cp")}


RELEASES = [words for words in OPERATING.called("helm") if str(CHART.relative_to(ROOT)) in words]


@pytest.mark.parametrize("words", RELEASES, ids=ids)
def test_helm_takes_the_values_that_are_given(chart: Chart, words: list[str]) -> None:
    flags = []
    for option, value in options(words, "--values", "--set", "--set-string"):
        flags += [option, str(ROOT / copies().get(value, value)) if option == "--values" else value]
    apis = [f"--api-versions={version}" for version in CUSTOM]
    assert helm("helm4", "template", NAMESPACE, str(CHART), *flags, *apis, home=chart.home)


@pytest.mark.parametrize("words", [words for words in OPERATING.called("helm") if "--values" in words], ids=ids)
def test_files_of_values_exist(words: list[str]) -> None:
    for _, path in options(words, "--values"):
        assert (ROOT / copies().get(path, path)).is_file()


def test_it_is_always_the_one_namespace() -> None:
    named = {value for words in OPERATING.commands() for _, value in options(words, "--namespace")}
    assert named == {load("k8s/namespace.yaml")["metadata"]["name"], "monitoring", "keda"}


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
    said = re.sub(r"\s+", " ", OPERATING.text)
    assert f"{most_api} pods of the API, twice {pools['canslim-collector']} collectors" in said
    assert f"{most_api * POOL_SIZE} + {most[0]} + {most[1]} + {len(pools)}," in said
    assert most_api * POOL_SIZE + sum(most) + len(pools) + 3 < 200
