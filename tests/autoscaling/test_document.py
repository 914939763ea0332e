"""docs/autoscaling.md says what the simulator says, of the chart as it is now."""

import xml.etree.ElementTree as ET

import pytest

from tools.autoscaling import document
from tools.autoscaling.chart import ROOT

# With the claims, for they share what was replayed.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("autoscaling")]

OUTDATED = "run: .venv/bin/python -m tools.autoscaling --write"


@pytest.mark.parametrize("name", document.BLOCKS)
def test_a_table_is_what_the_simulator_reports(name: str) -> None:
    assert document.block(document.DOCUMENT.read_text(), name) == document.BLOCKS[name](), OUTDATED


@pytest.mark.parametrize("name", document.DRAWN)
def test_a_picture_shows_what_the_simulator_saw(name: str) -> None:
    path = document.PICTURES / f"autoscaling-{name}.svg"
    assert path.read_text() == document.picture(name), OUTDATED
    assert str(path.relative_to(ROOT / "docs")) in document.DOCUMENT.read_text()


def test_pictures_are_well_formed() -> None:
    for name in document.DRAWN:
        assert ET.fromstring(document.picture(name)).tag.endswith("svg")


def test_every_part_of_the_document_is_written_by_the_report() -> None:
    text = document.DOCUMENT.read_text()
    assert text.count("<!-- end -->") == len(document.BLOCKS)
