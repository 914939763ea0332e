"""The dashboards and rules as they are in the chart."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring.label_flow import Labels, known_labels

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts/canslim"


@pytest.fixture(scope="session")
def dashboards() -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((CHART / "dashboards").glob("*.json"))]


@pytest.fixture(scope="session")
def rules() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text()) for path in sorted((CHART / "rules").glob("*.yaml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


@pytest.fixture(scope="session")
def alerts(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rule for rule in rules if "alert" in rule]


@pytest.fixture(scope="session")
def known() -> dict[str, Labels]:
    return known_labels()
