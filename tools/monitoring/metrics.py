"""Every metric there is: our own, read from the code that exports them, and those of others that we ask for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from prometheus_client.metrics import MetricWrapperBase

from canslim_infra.postgres.state_reads import FIGURES

#: What Prometheus adds to each target of ours.
TARGET_LABELS: Final = ("job", "instance", "namespace", "pod", "pool", "container", "endpoint")


@dataclass(frozen=True, slots=True)
class Metric:
    """name: as it is scraped, counters with their `_total`. labels: its own, without the target's."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str

    @property
    def series(self) -> tuple[str, ...]:
        """The names that queries find it by."""
        if self.kind == "histogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))
        return (self.name,)


@dataclass(frozen=True, slots=True)
class Exporter:
    """Processes that tell the same metrics, which these modules define."""

    title: str
    modules: tuple[str, ...]


EXPORTERS: Final = (
    Exporter("API processes", ("canslim_api.observed",)),
    Exporter("API processes, and workers where they relay", ("canslim_infra.queue.relay",)),
    Exporter("Workers", ("canslim_infra.telemetry",)),
    Exporter("Collectors", ("canslim_collector.stages.collect", "canslim_collector.main")),
    Exporter(
        "Collectors with provider yahoo",
        ("canslim_collector.providers.yahoo.budget", "canslim_collector.providers.yahoo.session"),
    ),
)

#: What API processes read from Redis, and whether they can read: made anew at each scrape, so no module holds them.
FROM_SERVERS: Final = (
    Metric("canslim_postgresql_up", "gauge", (), "1 where PostgreSQL answered this process just now."),
    Metric("canslim_redis_up", "gauge", (), "1 where Redis answered this process just now."),
    Metric(
        "canslim_queue_messages",
        "gauge",
        ("queue", "state"),
        "Messages in Redis: waiting, or fetched by a worker and not acknowledged.",
    ),
    Metric("canslim_workers_alive", "gauge", (), "Workers that Redis heard of just now."),
)

#: Exported and used in no panel, rule or alert, and why.
UNUSED: Final[Mapping[str, str]] = {}


def installation() -> tuple[Metric, ...]:
    """The state of the whole installation: the same from every API process, absent where its source is away."""
    figures = (Metric(figure.name, "gauge", figure.labels, figure.help) for figure in FIGURES)
    return (*FROM_SERVERS, *figures)


def exported() -> dict[str, tuple[Metric, ...]]:
    """Our own metrics, by who tells them."""
    told = {exporter.title: tuple(_defined_in(exporter.modules)) for exporter in EXPORTERS}
    return {"API processes, of the whole installation": installation()} | told


def _defined_in(modules: Iterable[str]) -> Iterator[Metric]:
    for name in modules:
        for value in vars(import_module(name)).values():
            if isinstance(value, MetricWrapperBase):
                yield describe(value)


def describe(metric: MetricWrapperBase) -> Metric:
    [described] = metric.describe()
    suffix = "_total" if described.type == "counter" else ""
    # The library tells the labels nowhere else before there is a value.
    labels = tuple(metric._labelnames)
    return Metric(described.name + suffix, described.type, labels, described.documentation)


#: Of other exporters, as they name them: the labels that we may ask for.
THIRD_PARTY: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "Prometheus": {"up": ()},
    "Python's client library, in every process of ours": {
        "process_cpu_seconds_total": (),
        "process_max_fds": (),
        "process_open_fds": (),
        "process_resident_memory_bytes": (),
        "process_start_time_seconds": (),
    },
    "kube-state-metrics": {
        "kube_cronjob_next_schedule_time": ("namespace", "cronjob"),
        "kube_cronjob_spec_suspend": ("namespace", "cronjob"),
        "kube_cronjob_status_last_schedule_time": ("namespace", "cronjob"),
        "kube_cronjob_status_last_successful_time": ("namespace", "cronjob"),
        "kube_deployment_labels": ("namespace", "deployment", "label_app_kubernetes_io_part_of"),
        "kube_deployment_spec_replicas": ("namespace", "deployment"),
        "kube_deployment_status_replicas_ready": ("namespace", "deployment"),
        "kube_deployment_status_replicas_unavailable": ("namespace", "deployment"),
        "kube_horizontalpodautoscaler_spec_max_replicas": ("namespace", "horizontalpodautoscaler"),
        "kube_horizontalpodautoscaler_spec_min_replicas": ("namespace", "horizontalpodautoscaler"),
        "kube_horizontalpodautoscaler_spec_target_metric": (
            "namespace",
            "horizontalpodautoscaler",
            "metric_name",
            "metric_target_type",
        ),
        "kube_horizontalpodautoscaler_status_condition": (
            "namespace",
            "horizontalpodautoscaler",
            "condition",
            "status",
        ),
        "kube_horizontalpodautoscaler_status_desired_replicas": ("namespace", "horizontalpodautoscaler"),
        "kube_horizontalpodautoscaler_status_target_metric": (
            "namespace",
            "horizontalpodautoscaler",
            "metric_name",
            "metric_target_type",
        ),
        "kube_job_failed": ("namespace", "job_name", "condition"),
        "kube_pod_container_resource_limits": ("namespace", "pod", "container", "resource", "unit"),
        "kube_pod_container_resource_requests": ("namespace", "pod", "container", "resource", "unit"),
        "kube_pod_container_status_last_terminated_reason": ("namespace", "pod", "container", "reason"),
        "kube_pod_container_status_restarts_total": ("namespace", "pod", "container"),
        "kube_pod_status_ready": ("namespace", "pod", "condition"),
    },
    "The kubelet's cAdvisor": {
        "container_cpu_usage_seconds_total": ("namespace", "pod", "container"),
        "container_memory_working_set_bytes": ("namespace", "pod", "container"),
    },
    "KEDA's operator (Prometheus renames its label namespace to exported_namespace)": {
        "keda_scaled_object_errors_total": ("namespace", "exported_namespace", "scaledObject"),
        "keda_scaled_object_paused": ("namespace", "exported_namespace", "scaledObject"),
        "keda_scaler_detail_errors_total": (
            "namespace",
            "exported_namespace",
            "scaledObject",
            "scaler",
            "metric",
            "type",
        ),
        "keda_scaler_metrics_latency_seconds": ("namespace", "exported_namespace", "scaledObject", "scaler", "metric"),
        "keda_scaler_metrics_value": ("namespace", "exported_namespace", "scaledObject", "scaler", "metric"),
    },
}
