"""Pieces of PromQL that rules and dashboards share."""

from collections.abc import Sequence
from typing import Final

#: The job label of all our targets: what the PodMonitor sets.
JOB: Final = "canslim"
#: One series a namespace that an installation is in, whether its processes answer or not.
INSTALLED: Final = f'group by (namespace) (up{{job="{JOB}"}})'
#: What dashboards select by.
HERE: Final = 'namespace="$namespace"'
#: The window of rates in dashboards: wide enough for the interval of scrapes and for the zoom.
NOW: Final = "$__rate_interval"
#: Requests of somebody, not the probes of Kubernetes.
ASKED: Final = 'route!~"/healthz|/readyz"'
FAILED: Final = f'{ASKED},status=~"5.."'


def here(*matchers: str) -> str:
    """Matchers of the chosen namespace, and these."""
    return ",".join((HERE, *matchers))


def state(metric: str, where: str, *by: str) -> str:
    """A figure of the whole installation: every API process tells the same, so the largest of them is it."""
    return f"max{_by(by)} ({metric}{_where(where)})"


def total(metric: str, where: str, window: str, *by: str) -> str:
    """How fast a counter grows, over all processes."""
    return f"sum{_by(by)} (rate({metric}{_where(where)}[{window}]))"


def quantile(share: float, metric: str, where: str, window: str, *by: str) -> str:
    return f"histogram_quantile({share}, {total(f'{metric}_bucket', where, window, *by, 'le')})"


def counted(metric: str, where: str, window: str, *by: str) -> str:
    """What a counter counted within the window, over all processes.

    Also what it held when it was seen first: `increase` knows of that only from the second time on.
    """
    grown = f"sum{_by(by)} (increase({metric}{_where(where)}[{window}]))"
    born = (
        f"sum{_by(by)} (min_over_time({metric}{_where(where)}[{window}])\n"
        f"  unless {metric}{_where(where)} offset {window})"
    )
    return f"{grown}\n+ ({born}\n  or {grown} * 0)"


def share(part: str, whole: str) -> str:
    """Part of whole; 0, not nothing, where no series of the part exists yet."""
    return f"(\n  {part}\n  or {whole} * 0\n)\n/ {whole}"


def ready(where: str, *by: str) -> str:
    """Tasks that are due and not claimed, over the stages of a queue."""
    return tasks("ready", where, *by)


def tasks(state_name: str, where: str, *by: str) -> str:
    within = ",".join(matcher for matcher in (where, f'state="{state_name}"') if matcher)
    return f"sum{_by(by)} ({state('canslim_tasks', within, *dict.fromkeys((*by, 'queue', 'stage')))})"


def deployment(selector: str, label: str, pattern: str) -> str:
    """The series with the name of their Deployment, which the chart derives the other names from."""
    return f'label_replace({selector}, "deployment", "$1", "{label}", "{pattern}")'


def of_pod(selector: str) -> str:
    return deployment(selector, "pod", "(.+)-[^-]+-[^-]+")


def of_autoscaler(metric: str) -> str:
    return deployment(metric, "horizontalpodautoscaler", "(?:keda-hpa-)?(.+)")


def of_scaled_object(selector: str) -> str:
    return deployment(selector, "scaledObject", "(.+)")


def of_keda(selector: str) -> str:
    """KEDA says `namespace` of what it scales, and Prometheus renames that where the target has such a label."""
    return f'label_replace({selector}, "namespace", "$1", "exported_namespace", "(.+)")'


def _where(matchers: str) -> str:
    return f"{{{matchers}}}" if matchers else ""


def _by(labels: Sequence[str]) -> str:
    return f" by ({', '.join(labels)})" if labels else ""
