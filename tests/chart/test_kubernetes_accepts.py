"""Every object is one that Kubernetes, KEDA and the Prometheus operator know, field by field."""

import pytest
import yaml

from tests.chart.rendering import HELMS, SETS, Chart, Manifests
from tests.chart.schemas import MINORS, MODELS, problems, unknown_fields


@pytest.mark.parametrize("minor", MINORS)
def test_core_objects_are_valid(rendered: Manifests, minor: str) -> None:
    core = [found for found in rendered.objects if found["apiVersion"] not in MODELS]
    wrong = {f"{found['kind']}/{found['metadata']['name']}": problems(found, minor) for found in core}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_custom_resources_have_no_unknown_field(chart: Chart) -> None:
    """All sets in one test: the models take seconds to load, in every process that asks for them."""
    custom = [found for values in SETS.values() for found in chart(values).objects if found["apiVersion"] in MODELS]
    assert {found["kind"] for found in custom} == {
        "ScaledObject", "TriggerAuthentication", "PodMonitor", "PrometheusRule",
    }  # fmt: skip
    assert {found["metadata"]["name"]: lost for found in custom if (lost := unknown_fields(found))} == {}


@pytest.mark.parametrize("kube_version", ["1.30", "1.37"])
def test_it_renders_for_the_oldest_and_the_newest_kubernetes(chart: Chart, kube_version: str) -> None:
    values = {"postgresql": {"bundled": True}, "valkey": {"bundled": True}}
    assert chart(values, kube_version=kube_version).names("Deployment") == {
        "canslim-api",
        "canslim-collector",
        "canslim-scoring",
    }


@pytest.mark.parametrize("helm_name", HELMS)
def test_no_key_is_written_twice(chart: Chart, set_name: str, helm_name: str) -> None:
    class Strict(yaml.CSafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
            keys = [self.construct_object(key) for key, _ in node.value]
            assert len(keys) == len(set(keys)), f"{node.start_mark}: {sorted(keys)}"
            return super().construct_mapping(node, deep)

    assert list(yaml.load_all(chart(SETS[set_name], helm_name=helm_name).text, Strict))


def test_no_object_is_rendered_twice(rendered: Manifests) -> None:
    names = [(found["kind"], found["metadata"]["name"]) for found in rendered.objects]
    assert len(names) == len(set(names))


def test_nothing_names_a_namespace_of_its_own(rendered: Manifests) -> None:
    assert [found["metadata"]["name"] for found in rendered.objects if "namespace" in found["metadata"]] == []
