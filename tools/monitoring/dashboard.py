"""What a dashboard is made of, and its file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from tools.monitoring.panels import SOURCE, Panel, Query
from tools.monitoring.queries import JOB

FOLDER: Final = Path("charts/canslim/dashboards")
TAG: Final = "canslim"


@dataclass(frozen=True, slots=True)
class Row:
    """repeat: the variable for each of whose values the row is there once."""

    title: str
    panels: Sequence[Panel]
    repeat: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable: several values of a label that `selector`'s series have; all of them at first."""

    name: str
    label: str
    selector: str


@dataclass(frozen=True, slots=True)
class Event:
    """A mark in all panels wherever the query has a value."""

    name: str
    query: Query


@dataclass(frozen=True, slots=True)
class Dashboard:
    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    choices: Sequence[Choice] = ()
    events: Sequence[Event] = ()
    since: str = "now-6h"

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.uid.removeprefix('canslim-')}.json"


def dashboard_file(board: Dashboard) -> str:
    """The JSON that Grafana loads. Ids are set here: the SDK leaves each one 0."""
    content = json.loads(JSONEncoder().encode(_build(board)))
    for number, panel in enumerate(content["panels"], start=1):
        panel["id"] = number
    content["annotations"] = {"list": [_annotation(event) for event in board.events]}
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def _build(board: Dashboard) -> models.Dashboard:
    dashboard = (
        builders.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags([TAG])
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .timezone("browser")
        .time(board.since, "now")
        .refresh("30s")
        .version(1)
        .link(
            builders.DashboardLink("CAN SLIM")
            .type(models.DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .tooltip("The other dashboards, at the same time and in the same namespace")
            .include_vars(True)
            .keep_time(True)
        )
        .with_variable(builders.DatasourceVariable("datasource").type("prometheus").label("Data source"))
        .with_variable(_variable("namespace", "Namespace", f'label_values(up{{job="{JOB}"}}, namespace)'))
    )
    for choice in board.choices:
        query = f"label_values({choice.selector}, {choice.name})"
        dashboard.with_variable(_variable(choice.name, choice.label, query).multi(True).include_all(True).current(ALL))
    for row in board.rows:
        heading = builders.Row(row.title)
        dashboard.with_row(heading if row.repeat is None else heading.repeat(row.repeat))
        for panel in row.panels:
            dashboard.with_panel(panel)
    return dashboard.build()


ALL: Final = models.VariableOption(text=["All"], value=["$__all"], selected=True)


def _variable(name: str, label: str, query: str) -> builders.QueryVariable:
    return (
        builders.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query({"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"})
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )


def _annotation(event: Event) -> dict[str, Any]:
    """The SDK's annotations lack what Prometheus needs."""
    return {
        "name": event.name,
        "datasource": SOURCE.to_json(),
        "enable": True,
        "iconColor": "blue",
        "expr": event.query.expr,
        "titleFormat": event.query.legend,
        "step": "60s",
    }
