"""docs/metrics.md: every metric, its type, labels and meaning, and where it is used."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from tools.monitoring.metrics import THIRD_PARTY, UNUSED, Metric, exported
from tools.monitoring.recording_rules import recordings
from tools.monitoring.usage import places

PAGE: Final = Path("docs/metrics.md")
#: Seen from the page; tools/draw_dashboards.py draws them.
PICTURES: Final = "pictures/dashboards"
INTRODUCTION: Final = """\
# Metrics

Made by `python -m tools.monitoring` from the code that exports them; a test holds the page, the code, the dashboards
and the rules together. Every process tells its own on port 9090, until it ends, also while it drains.

Prometheus adds `job`, `namespace`, `pod` and `pool` (api, collector, scoring, or the name of a pool) to each of them.
What the API processes tell of the whole installation is the same from each: take `max by (...)`. While its source,
PostgreSQL or Redis, does not answer, such a metric is absent; it is never 0 because nothing is known. One installation
a namespace: that is what dashboards and alerts tell them apart by.
"""
BOARDS: Final = """\
## Dashboards

In `charts/canslim/dashboards`; what each panel shows is said behind its *i*. The pictures are drawn from what a real
Prometheus answered to the panels' own queries while real processes played a day in eight minutes
(`python -m tests.monitoring.scene`): the sample's refresh, then 9,000 made-up symbols whose requests fail more often
than not, over one to five collectors and down again, one of them killed and one frozen at work, PostgreSQL away for
seven seconds, a list of symbols that nobody knows, then Yahoo's formats with refusals. Metrics of Kubernetes and KEDA
come from a stand-in that tells of these processes in their formats.
"""
RULES: Final = """\
## Recording rules

In `charts/canslim/rules/recording.yaml`; alerts and dashboards read them.
"""
OTHERS: Final = """\
## Metrics of others

Asked for by dashboards and alerts. Without kube-state-metrics, cAdvisor or KEDA their panels are empty, the alerts
on pods and autoscalers can't fire, and `CanslimKubernetesUnseen` or `CanslimScalerUnseen` says so.
"""


def metrics_page(dashboards: list[dict[str, Any]]) -> str:
    rules = _table(("rule", "labels it adds", "used in"), _rules(dashboards))
    others = _table(("from", "metric", "used in"), _others(dashboards))
    sections = [INTRODUCTION, BOARDS, *_boards(dashboards), *_own(dashboards), RULES, rules, OTHERS, others]
    return "\n".join(sections)


def _boards(dashboards: list[dict[str, Any]]) -> Iterator[str]:
    for board in dashboards:
        name = board["uid"].removeprefix("canslim-")
        yield f"{board['description']}\n\n![{board['title']}]({PICTURES}/{name}.svg)\n"


def _own(dashboards: list[dict[str, Any]]) -> Iterator[str]:
    for title, metrics in exported().items():
        yield f"## {title}\n"
        yield _table(
            ("metric", "type", "labels", "meaning", "used in"), (_row(metric, dashboards) for metric in metrics)
        )


def _row(metric: Metric, dashboards: list[dict[str, Any]]) -> tuple[str, ...]:
    used = ", ".join(places(set(metric.series), dashboards)) or f"unused: {UNUSED[metric.name]}"
    return f"`{metric.name}`", metric.kind, ", ".join(metric.labels), metric.meaning, used


def _rules(dashboards: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    labels: dict[str, list[str]] = {}
    for rule in recordings():
        labels.setdefault(rule.record, []).extend(rule.labels.values())
    for name, added in labels.items():
        yield f"`{name}`", ", ".join(added), ", ".join(places({name}, dashboards))


def _others(dashboards: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for source, metrics in THIRD_PARTY.items():
        for name in metrics:
            yield source, f"`{name}`", ", ".join(places({name}, dashboards))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in cells)
