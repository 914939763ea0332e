"""A new chart must upgrade a running release: what Kubernetes can't change stays, and no value vanishes.

`released` holds a record for each version of the chart, made when it was released (`python -m tests.chart.immutable`)
and never again. The chart as it is now is held against all of its major version; only a new one may break with them,
and then the difference is the list of what an operator has to do by hand.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chart.immutable import RELEASED, digest, immutable, record, values_of
from tests.chart.rendering import METADATA, Chart

#: Of each record, so that one that was written anew is seen.
DIGESTS = {
    "0.1.0": "e570460bc9747baa3ae296e10e72f3179d829c33113037bdbbc56473a5b47e94",
}
MAJOR = METADATA["version"].partition(".")[0]
RECORDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text())
    for path in sorted(RELEASED.glob("*.json"))
    if path.stem.partition(".")[0] == MAJOR
}
#: What an operator has: values that a version of this major version took, and the objects that it made of them.
RELEASES = [
    pytest.param(taken["values"], taken["objects"], id=f"{version}-{name}")
    for version, found in RECORDS.items()
    for name, taken in found["sets"].items()
]
#: What holds data, or is known by its name to others.
LASTING = ("StatefulSet/", "Secret/", "Service/", "Deployment/", "ScaledObject/", "HorizontalPodAutoscaler/")


def test_what_was_released_is_as_it_was() -> None:
    assert {path.stem: digest(path) for path in RELEASED.glob("*.json")} == DIGESTS


def test_this_version_is_recorded() -> None:
    assert METADATA["version"] in DIGESTS, "run python -m tests.chart.immutable"


@pytest.mark.parametrize(("values", "before"), RELEASES)
def test_nothing_immutable_has_changed(chart: Chart, values: dict[str, Any], before: dict[str, Any]) -> None:
    now = json.loads(json.dumps(immutable(chart(values))))
    assert {key: now[key] for key in before if key in now} == {key: before[key] for key in before if key in now}


@pytest.mark.parametrize(("values", "before"), RELEASES)
def test_nothing_that_holds_data_or_is_known_by_name_has_gone(
    chart: Chart, values: dict[str, Any], before: dict[str, Any]
) -> None:
    assert {key for key in before if key.startswith(LASTING)} - set(immutable(chart(values))) == set()


@pytest.mark.parametrize("version", RECORDS)
def test_no_value_has_gone_or_changed_its_type(version: str) -> None:
    now, before = values_of(), RECORDS[version]["types"]
    assert {key: now.get(key) for key in before} == before


def test_a_record_is_written_once(chart: Chart, tmp_path: Path) -> None:
    made = record(chart, tmp_path, "9.0.0")
    before = made.read_text()
    with pytest.raises(FileExistsError):
        record(chart, tmp_path, "9.0.0")
    assert made.read_text() == before
