"""A new chart must upgrade a running release: what Kubernetes can't change stays, and no value vanishes.

immutable.json is what the released chart has. `python -m tests.chart.immutable` writes it anew; the diff is then the
list of what an operator has to do by hand.
"""

import json

import pytest

from tests.chart.immutable import RECORD, values_of
from tests.chart.immutable import immutable as immutable_of
from tests.chart.rendering import SETS, Chart

RECORDED = json.loads(RECORD.read_text())


def test_the_record_covers_every_set_of_values() -> None:
    assert set(RECORDED["objects"]) == set(SETS)


@pytest.mark.parametrize("name", RECORDED["objects"])
def test_nothing_immutable_has_changed(chart: Chart, name: str) -> None:
    now = immutable_of(chart(SETS[name]))
    before = RECORDED["objects"][name]
    assert {key: now[key] for key in before if key in now} == {key: before[key] for key in before if key in now}


@pytest.mark.parametrize("name", RECORDED["objects"])
def test_nothing_that_holds_data_or_is_known_by_name_has_gone(chart: Chart, name: str) -> None:
    lasting = ("StatefulSet/", "Secret/", "Service/", "Deployment/", "ScaledObject/", "HorizontalPodAutoscaler/")
    now = set(immutable_of(chart(SETS[name])))
    assert {key for key in RECORDED["objects"][name] if key.startswith(lasting)} - now == set()


def test_no_value_has_gone_or_changed_its_type() -> None:
    now = values_of()
    assert {key: now.get(key) for key in RECORDED["values"]} == RECORDED["values"]


def test_the_record_is_up_to_date(chart: Chart) -> None:
    """So that what is new is guarded from now on."""
    now = {name: immutable_of(chart(values)) for name, values in SETS.items()}
    assert json.loads(json.dumps({"objects": now, "values": values_of()})) == RECORDED, (
        "run python -m tests.chart.immutable"
    )
