"""The metrics that the code exports are those that are asked for, documented and known by their labels."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from prometheus_client.metrics import MetricWrapperBase

import canslim_api
import canslim_cli
import canslim_collector
import canslim_infra
import canslim_scoring
from tests.monitoring.conftest import ROOT
from tests.monitoring.label_flow import Labels, labels_of
from tools.monitoring.metrics import THIRD_PARTY, UNUSED, describe, exported
from tools.monitoring.promql import metrics_of
from tools.monitoring.recording_rules import recordings
from tools.monitoring.usage import uses

PACKAGES = (canslim_api, canslim_cli, canslim_collector, canslim_infra, canslim_scoring)
#: Alembic runs these; they hold no code of ours that could count.
NOT_IMPORTED = ("canslim_infra.migrations.",)


def in_the_code() -> Iterator[MetricWrapperBase]:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(NOT_IMPORTED) and not module.name.endswith("__main__"):
                yield from (it for it in vars(import_module(module.name)).values() if isinstance(it, MetricWrapperBase))


def test_every_metric_of_the_code_is_known() -> None:
    listed = {metric for metrics in exported().values() for metric in metrics}
    missing = {describe(metric) for metric in in_the_code()} - listed
    assert missing == set()


def test_a_metric_has_one_name_and_one_teller() -> None:
    names = [metric.name for metrics in exported().values() for metric in metrics]
    assert sorted(names) == sorted(set(names))
    assert all(name.startswith("canslim_") for name in names)


def test_names_say_type_and_unit() -> None:
    for metrics in exported().values():
        for metric in metrics:
            assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name
            assert metric.kind != "histogram" or metric.name.endswith("_seconds"), metric.name


def test_nothing_is_asked_for_that_nobody_exports(dashboards: list[dict[str, Any]]) -> None:
    ours = {series for metrics in exported().values() for metric in metrics for series in metric.series}
    others = {name for names in THIRD_PARTY.values() for name in names}
    asked = {name for use in uses(dashboards) for name in metrics_of(use.expr)}
    assert asked - ours - others - {rule.record for rule in recordings()} == set()
    # And no list holds what nobody asks for.
    assert others - asked == set()


def test_every_exported_metric_is_used_or_has_a_reason_not_to_be(dashboards: list[dict[str, Any]]) -> None:
    asked = {name for use in uses(dashboards) for name in metrics_of(use.expr)}
    unused = {
        metric.name for metrics in exported().values() for metric in metrics if not asked.intersection(metric.series)
    }
    assert unused == UNUSED.keys()


def test_every_recording_rule_is_read(dashboards: list[dict[str, Any]]) -> None:
    asked = {name for use in uses(dashboards) for name in metrics_of(use.expr)}
    assert {rule.record for rule in recordings()} - asked == set()


def test_the_name_of_a_rule_says_its_labels(known: dict[str, Labels]) -> None:
    for rule in recordings():
        level, metric, _ = f"{rule.record}:".split(":", 2)
        assert known[rule.record] == set(level.split("_")), rule.record
        assert metric.startswith("canslim_")


def test_every_query_uses_labels_that_are_there(dashboards: list[dict[str, Any]], known: dict[str, Labels]) -> None:
    for use in uses(dashboards):
        labels_of(use.expr, known)


def test_the_page_names_every_metric() -> None:
    page = (ROOT / "docs/metrics.md").read_text()
    assert [
        metric.name for metrics in exported().values() for metric in metrics if f"| `{metric.name}` |" not in page
    ] == []
