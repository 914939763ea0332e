"""The chart, rendered by real Helm."""

from pathlib import Path

import pytest

from tests.chart.rendering import CHART, CUSTOM, Chart, Manifests, helm
from tests.deploy.sources import ROOT

NAMESPACE = "canslim"


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    home: Path = tmp_path_factory.mktemp("helm")
    return Chart(CHART, home)


@pytest.fixture
def installations(chart: Chart) -> list[Manifests]:
    """As the pages install it: a trial, and production with monitoring."""
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
