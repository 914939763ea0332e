"""What helm, yamllint and check-jsonschema say of the chart."""

import subprocess
from pathlib import Path

import pytest

from tests.chart.rendering import CHART, HELMS, SETS, Chart, Manifests, helm
from tests.programs import program

YAMLLINT = """
extends: default
rules:
  line-length: disable  # Queries and checksums are long.
  document-start: disable
  document-end: disable
  empty-lines: {max: 2, max-start: 1, max-end: 1}  # Helm's own.
  comments: {min-spaces-from-content: 1}
  braces: {max-spaces-inside: 1}
  quoted-strings: disable
  indentation: {indent-sequences: whatever}  # Helm's toYaml does not indent lists.
"""


def lint_yaml(text: str) -> str:
    command = [program("yamllint"), "--strict", "-d", YAMLLINT, "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60).stdout


@pytest.mark.parametrize("helm_name", HELMS)
def test_helm_finds_nothing(helm_home: Path, helm_name: str, set_name: str) -> None:
    values = CHART / "ci" / f"{set_name}-values.yaml"
    said = helm(helm_name, "lint", "--strict", str(CHART), "--values", str(values), home=helm_home)
    assert "0 chart(s) failed" in said
    assert "[WARNING]" not in said
    assert "[ERROR]" not in said


@pytest.mark.parametrize("helm_name", HELMS)
def test_helm_finds_nothing_in_the_defaults(helm_home: Path, helm_name: str) -> None:
    assert "0 chart(s) failed" in helm(helm_name, "lint", "--strict", str(CHART), home=helm_home)


def test_what_is_rendered_is_tidy(rendered: Manifests) -> None:
    assert lint_yaml(rendered.text) == ""


@pytest.mark.parametrize("path", ["values.yaml", "Chart.yaml", *(f"ci/{name}-values.yaml" for name in SETS)])
def test_what_people_read_is_tidy(path: str) -> None:
    assert lint_yaml((CHART / path).read_text()) == ""


def test_the_schema_is_valid() -> None:
    command = [program("check-jsonschema"), "--check-metaschema", CHART / "values.schema.json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stdout


def test_both_helms_render_the_same(chart: Chart, set_name: str) -> None:
    three, four = (steady(chart(SETS[set_name], helm_name=name)) for name in HELMS)
    assert three == four


def steady(manifests: Manifests) -> dict[str, dict]:
    """The objects by kind and name, without what is random where there is no cluster."""
    found = {}
    for rendered in manifests.objects:
        shown = {key: value for key, value in rendered.items() if key != "stringData"}
        found[f"{rendered['kind']}/{rendered['metadata']['name']}"] = shown
    return found


def test_nothing_but_generated_secrets_is_random(chart: Chart, helm_home: Path) -> None:
    once, again = (steady(Chart(chart.path, helm_home)(SETS["everything"])) for _ in range(2))
    assert once == again
