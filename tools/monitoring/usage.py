"""Where metrics are used."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tools.monitoring.alerts import ALERTS
from tools.monitoring.promql import metrics_of
from tools.monitoring.recording_rules import recordings


@dataclass(frozen=True, slots=True)
class Use:
    """A query, and what it is of: a dashboard's panel, an alert, a recording rule."""

    place: str
    name: str
    expr: str


def uses(dashboards: list[dict[str, Any]]) -> Iterator[Use]:
    """Every query there is. dashboards: as Grafana loads them."""
    for dashboard in dashboards:
        yield from panel_queries(dashboard)
    for rule in recordings():
        yield Use("rule", rule.record, rule.expr)
    for alert in ALERTS:
        yield Use("alert", alert.name, alert.expr)


def panel_queries(dashboard: dict[str, Any]) -> Iterator[Use]:
    title = dashboard["title"].rpartition(" / ")[2]
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield Use(title, panel["title"], target["expr"])
    for annotation in dashboard["annotations"]["list"]:
        yield Use(title, annotation["name"], annotation["expr"])


def places(series: set[str], dashboards: list[dict[str, Any]]) -> list[str]:
    """The dashboards, alerts and rules that ask for one of the series."""
    found = [use for use in uses(dashboards) if metrics_of(use.expr) & series]
    return list(dict.fromkeys(use.place if use.place not in ("rule", "alert") else f"`{use.name}`" for use in found))
