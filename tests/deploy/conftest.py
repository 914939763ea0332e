"""The chart, rendered by real Helm."""

from pathlib import Path

import pytest

from tests.chart.rendering import CHART, Chart


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    home: Path = tmp_path_factory.mktemp("helm")
    return Chart(CHART, home)
