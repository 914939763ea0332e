"""The chart, rendered once a set of values."""

from pathlib import Path

import pytest

from tests.chart.rendering import CHART, SETS, Chart, Manifests


@pytest.fixture(scope="session")
def helm_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("helm")


@pytest.fixture(scope="session")
def chart(helm_home: Path) -> Chart:
    return Chart(CHART, helm_home)


@pytest.fixture(params=SETS)
def set_name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def rendered(chart: Chart, set_name: str) -> Manifests:
    """Each of the chart's own sets of values."""
    return chart(SETS[set_name])
