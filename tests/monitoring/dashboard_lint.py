"""What is wrong with a dashboard, as grafana/dashboard-linter would say, and what our own rules add."""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from promql_parser import Call, Expr, MatchOp, MatrixSelector, VectorSelector, parse, walk

from tests.monitoring.label_flow import LabelError, Labels, labels_of
from tools.monitoring.metrics import THIRD_PARTY, exported
from tools.monitoring.promql import SAMPLE_VALUES, VARIABLE, filled

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
#: The Grafana sidecar reads ConfigMaps, which hold less than this.
LARGEST = 1024 * 1024
#: Windows wide enough for any interval of scrapes that is usual; others are $__rate_interval or the whole range.
FIXED_WINDOWS = ("5m", "1h", "24h")
#: Functions that count, and so want a counter.
COUNTING = ("rate", "irate", "increase")
LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")

COUNTERS = frozenset(
    series
    for metrics in exported().values()
    for metric in metrics
    if metric.kind != "gauge"
    for series in metric.series
) | {name for names in THIRD_PARTY.values() for name in names if name.endswith("_total")}

Dashboard = Mapping[str, Any]
Panel = Mapping[str, Any]


def faults(dashboard: Dashboard, known: Mapping[str, Labels]) -> Iterator[str]:
    yield from _frame(dashboard)
    yield from _variables(dashboard)
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    yield from _grid(dashboard["panels"])
    repeated = {panel["repeat"] for panel in dashboard["panels"] if panel.get("repeat")}
    several = {variable["name"] for variable in _list(dashboard) if variable["multi"]}
    for panel in panels:
        for fault in _panel(panel):
            yield f"{panel['title']}: {fault}"
        for target in panel["targets"]:
            for fault in _target(panel, target, several, repeated, known):
                yield f"{panel['title']} {target['refId']}: {fault}"


def _list(dashboard: Dashboard) -> list[dict[str, Any]]:
    variables: list[dict[str, Any]] = dashboard["templating"]["list"]
    return variables


def _frame(dashboard: Dashboard) -> Iterator[str]:
    if not re.fullmatch(r"canslim-[a-z]+", dashboard.get("uid", "")):
        yield "its uid is not a stable one of ours"
    if not dashboard.get("title") or not dashboard.get("description"):
        yield "it needs a title and a description"
    if dashboard.get("editable") is not False:
        yield "it can be edited, and edits would be lost"
    if "canslim" not in dashboard.get("tags", ()):
        yield "it lacks the tag by which the others link to it"
    if not any(
        link["type"] == "dashboards" and link["includeVars"] and link["keepTime"] for link in dashboard.get("links", ())
    ):
        yield "it does not link to the others with variables and time"


def _variables(dashboard: Dashboard) -> Iterator[str]:
    variables = {variable["name"]: variable for variable in _list(dashboard)}
    source = variables.get("datasource", {})
    if source.get("type") != "datasource" or source.get("query") != "prometheus":
        yield "the data source can't be chosen"
    if "namespace" not in variables or variables["namespace"]["multi"]:
        yield "one namespace has to be chosen"
    for name, variable in variables.items():
        if not variable.get("label"):
            yield f"variable {name} has no label"
        if variable["type"] == "query" and (variable.get("datasource"), variable.get("refresh")) != (SOURCE, 2):
            yield f"variable {name} is not read from the chosen source anew when the time changes"


def _grid(panels: list[Panel]) -> Iterator[str]:
    ids = [panel["id"] for panel in panels]
    if len(set(ids)) < len(ids) or min(ids) < 1:
        yield "ids of panels are not unique"
    for panel in panels:
        if panel["gridPos"]["x"] + panel["gridPos"]["w"] > 24:
            yield f"{panel['title']} does not fit in the grid"
    for one, other in combinations(panels, 2):
        if _overlap(one["gridPos"], other["gridPos"]):
            yield f"{one['title']} lies on {other['title']}"


def _overlap(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "w"), ("y", "h"))
    )


def _panel(panel: Panel) -> Iterator[str]:
    if not panel.get("title"):
        yield "no title"
    if not panel.get("description", "").endswith("."):
        yield "no description of whole sentences"
    if panel.get("datasource") != SOURCE:
        yield "its data source is not the chosen one"
    if not panel["fieldConfig"]["defaults"].get("unit"):
        yield "no unit"
    if panel["type"] == "heatmap" and not panel["options"]["yAxis"].get("unit"):
        yield "no unit on its axis"
    names = [target["refId"] for target in panel["targets"]]
    if not names or len(set(names)) < len(names) or not all(names):
        yield "its queries lack names of their own"


def _target(
    panel: Panel, target: Mapping[str, Any], several: set[str], repeated: set[str], known: Mapping[str, Labels]
) -> Iterator[str]:
    query = target["expr"]
    if target.get("datasource") != SOURCE:
        yield "its data source is not the chosen one"
    if unknown := {found[1] or found[2] for found in VARIABLE.finditer(query)} - SAMPLE_VALUES.keys():
        yield f"unknown variables {unknown}"
        return
    try:
        tree = parse(filled(query))
        labels = labels_of(query, known)
    except (ValueError, LabelError) as error:
        yield str(error)
        return
    yield from _selectors(tree, known)
    yield from _windows(query, instant=bool(target.get("instant")))
    for name in several - repeated:
        if re.search(rf'[^~]"[^"]*\${name}', query):
            yield f"${name} may be several values, so it needs =~"
    shown = _shown(panel, target)
    if panel["type"] != "heatmap" and labels != shown:
        yield f"its series differ by {sorted(labels)}, and it shows {sorted(shown)}"


def _shown(panel: Panel, target: Mapping[str, Any]) -> set[str]:
    """The labels by which a reader can tell its series apart."""
    if panel["type"] != "table":
        return set(LEGEND.findall(target.get("legendFormat", "")))
    [order] = [
        transformation["options"]["indexByName"]
        for transformation in panel["transformations"]
        if transformation["id"] == "organize"
    ]
    return {name for name in order if not name.startswith("Value")}


def _selectors(tree: Expr, known: Mapping[str, Labels]) -> Iterator[str]:
    """Everything is selected by namespace, counters are counted, and nothing else is."""
    counted: set[str] = set()
    plain: list[VectorSelector] = []

    def look(node: Expr) -> None:
        if isinstance(node, Call) and node.func.name in COUNTING:
            counted.update(arg.vector_selector.name for arg in node.args if isinstance(arg, MatrixSelector))
        if isinstance(node, VectorSelector):
            plain.append(node)

    walk(tree, look)
    for selector in plain:
        chosen = {matcher.name for matcher in selector.matchers.matchers if matcher.op == MatchOp.Equal}
        if "namespace" in known[selector.name] and not chosen & {"namespace", "exported_namespace"}:
            yield f"{selector.name} of all namespaces"
        if (selector.name in COUNTERS) != (selector.name in counted):
            yield f"{selector.name} is {'not ' if selector.name in COUNTERS else ''}counted"


def _windows(query: str, *, instant: bool) -> Iterator[str]:
    """A rate that is drawn follows the zoom; what is counted over a time names it."""
    for function, window in re.findall(r"(\w+)\([^()\[\]]*\[([^\]]+)\]\)", query):
        moving = window == "$__rate_interval"
        if function == "rate" and not moving and not instant:
            yield f"{function} over a fixed window"
        if not moving and window not in (*FIXED_WINDOWS, "$__range", "2m"):
            yield f"{function} over {window}"
