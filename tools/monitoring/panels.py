"""The kinds of panels that our dashboards have. Grafana's own terms end here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

from grafana_foundation_sdk.builders import common as shared
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import heatmap, prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode, HeatmapColorScale
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE: Final = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
#: Grafana's grid is so many columns wide.
COLUMNS: Final = 24
GREEN, YELLOW, RED, BLUE = "green", "yellow", "red", "blue"
#: Of numbers that are counts: whole ones, with all their digits.
COUNT: Final = "locale"

Panel = Builder[dashboard.Panel]
#: From which value on which colour; the first one is for everything below.
Steps = Sequence[tuple[float | None, str]]
#: What a number is called, and its colour.
Words = Mapping[int, tuple[str, str]]

GOOD_IF_ZERO: Final[Steps] = ((None, GREEN), (1, RED))
UP_OR_DOWN: Final[Words] = {0: ("down", RED), 1: ("up", GREEN)}


@dataclass(frozen=True, slots=True)
class Query:
    """legend: names the labels that tell its series apart; in a table, the name of its column."""

    expr: str
    legend: str


class _Common(Protocol):
    """What the builders of all kinds of panels have."""

    def title(self, title: str) -> Self: ...
    def description(self, description: str) -> Self: ...
    def unit(self, unit: str) -> Self: ...
    def datasource(self, datasource: dashboard.DataSourceRef) -> Self: ...
    def span(self, w: int) -> Self: ...
    def height(self, h: int) -> Self: ...
    def no_value(self, no_value: str) -> Self: ...
    def targets(self, targets: list[Builder[Dataquery]]) -> Self: ...


def lines(
    title: str,
    description: str,
    unit: str,
    *queries: Query,
    width: int = 8,
    stacked: bool = False,
    limits: Steps = (),
    most: float | None = None,
    nothing: str | None = None,
) -> Panel:
    """Curves over time.

    limits: dashed lines, from which on it is too much. most: the top of the axis. nothing: what to say where there is
    no curve, if that is usual.
    """
    panel = (
        timeseries.Panel()
        .min(0)
        .fill_opacity(35 if stacked else 8)
        .line_width(1)
        .show_points(common.VisibilityMode.NEVER)
        .legend(
            shared.VizLegendOptions()
            .show_legend(True)
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
        )
        .tooltip(shared.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
    )
    if stacked:
        panel.stacking(shared.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if limits:
        panel.thresholds(_steps(limits))
        panel.thresholds_style(shared.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED))
    if most is not None:
        panel.max(most)
    if nothing is not None:
        panel.no_value(nothing)
    _describe(panel, title, description, unit, _targets(queries), width, height=8)
    return panel


def number(
    title: str,
    description: str,
    unit: str,
    *queries: Query,
    width: int = 4,
    steps: Steps = (),
    words: Words | None = None,
    nothing: str = "unknown",
    decimals: int | None = None,
) -> Panel:
    """One large figure as of now. nothing: what to say where there is none."""
    panel = (
        stat.Panel()
        .reduce_options(shared.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .color_mode(common.BigValueColorMode.VALUE)
        .graph_mode(common.BigValueGraphMode.NONE)
        .text_mode(common.BigValueTextMode.AUTO if len(queries) == 1 else common.BigValueTextMode.VALUE_AND_NAME)
        .thresholds(_steps(steps or ((None, GREEN),)))
        .color_scheme(builders.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS))
    )
    if words is not None:
        panel.mappings([_words(words)])
    if decimals is not None:
        panel.decimals(decimals)
    _describe(panel, title, description, unit, _targets(queries, instant=True), width, height=4)
    panel.no_value(nothing)
    return panel


def heat(title: str, description: str, unit: str, expr: str, width: int = 12) -> Panel:
    """How a histogram's values spread over time; expr keeps the label `le`."""
    panel = (
        heatmap.Panel()
        .calculate(False)
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .cell_values(heatmap.CellValues().unit("short"))
        .color(
            heatmap.HeatmapColorOptions()
            .mode(HeatmapColorMode.SCHEME)
            .scale(HeatmapColorScale.EXPONENTIAL)
            .exponent(0.5)
            .scheme("Oranges")
            .steps(64)
        )
        .filter_values(heatmap.FilterValueRange().ge(1e-9))
        .show_legend()
        .show_y_histogram()
    )
    target = _target(Query(expr, "{{le}}"), 0).format(PromQueryFormat.HEATMAP)
    _describe(panel, title, description, unit, [target], width, height=8)
    return panel


def states(
    title: str, description: str, *queries: Query, words: Words, width: int = 8, nothing: str = "unknown"
) -> Panel:
    """What something was when, as coloured bars."""
    panel = (
        statetimeline.Panel()
        .mappings([_words(words)])
        .show_value(common.VisibilityMode.AUTO)
        .row_height(0.8)
        .merge_values(True)
        .thresholds(_steps(((None, GREEN),)))
    )
    _describe(panel, title, description, "short", _targets(queries), width, height=8)
    panel.no_value(nothing)
    return panel


def rows(
    title: str,
    description: str,
    *queries: Query,
    keys: Sequence[str],
    units: Mapping[str, str] | None = None,
    largest: str | None = None,
    width: int = 12,
    height: int = 8,
) -> Panel:
    """A table: a row for each value of the labels `keys`, a column for each query, of the unit in `units`, or counts.

    largest: the column whose largest values come first.
    """
    columns = {f"Value #{_letter(number)}": query.legend for number, query in enumerate(queries)}
    if len(queries) == 1:
        columns = {"Value": queries[0].legend}
    order = {name: place for place, name in enumerate([*keys, *columns])}
    panel = (
        table.Panel()
        .with_transformation(dashboard.DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(
            dashboard.DataTransformerConfig(
                id_val="organize",
                options={"excludeByName": {"Time": True}, "indexByName": order, "renameByName": columns},
            )
        )
    )
    if largest is not None:
        panel.sort_by([shared.TableSortByFieldState().display_name(largest).desc(True)])
    for column, unit in (units or {}).items():
        panel.override_by_name(
            column, [dashboard.DynamicConfigValue("unit", unit), dashboard.DynamicConfigValue("decimals", 1)]
        )
    targets = [target.format(PromQueryFormat.TABLE) for target in _targets(queries, instant=True)]
    _describe(panel, title, description, COUNT, targets, width, height)
    panel.decimals(0)
    panel.no_value("")
    return panel


def _describe(
    panel: _Common,
    title: str,
    description: str,
    unit: str,
    targets: Sequence[prometheus.Dataquery],
    width: int,
    height: int,
) -> None:
    panel.title(title).description(description).unit(unit).datasource(SOURCE).span(width).height(height)
    panel.targets(list(targets))


def _targets(queries: Sequence[Query], *, instant: bool = False) -> list[prometheus.Dataquery]:
    targets = [_target(query, number) for number, query in enumerate(queries)]
    return [target.instant() if instant else target.range() for target in targets]


def _target(query: Query, number: int) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(_letter(number)).datasource(SOURCE)
    )


def _letter(number: int) -> str:
    return chr(ord("A") + number)


def _steps(steps: Steps) -> builders.ThresholdsConfig:
    return (
        builders.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([dashboard.Threshold(value=value, color=color) for value, color in steps])
    )


def _words(words: Words) -> dashboard.ValueMap:
    return dashboard.ValueMap(
        {
            str(value): dashboard.ValueMappingResult(text=text, color=color, index=index)
            for index, (value, (text, color)) in enumerate(words.items())
        }
    )
