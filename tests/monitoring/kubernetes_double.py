"""Tells of our processes what kube-state-metrics, cAdvisor and KEDA would tell of their pods, in their formats."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import httpx
import psutil

from tests.monitoring.autoscalers import Autoscaler
from tests.monitoring.pods import NAMESPACE, RELEASE, Pods

#: As the chart has it for each pool.
MEMORY_LIMIT, CPU_REQUEST = 1 << 30, 0.25
NIGHT = 22.5 * 3600

Line = tuple[str, Mapping[str, str], float]


class KubernetesDouble:
    """autoscalers: of each pool that scales. work: reads a queue's outstanding work, as KEDA would.

    What `work` raises is KEDA's error.
    """

    def __init__(self, pods: Pods, autoscalers: Mapping[str, Autoscaler], work: Callable[[str], float]) -> None:
        self._pods = pods
        self._autoscalers = autoscalers
        self._work = work
        self._errors: Counter[str] = Counter()
        #: The size that each pool was given.
        self.wanted: dict[str, int] = {}
        pages = {"/kube-state-metrics": self.kube_state, "/cadvisor": self.cadvisor, "/keda": self.keda}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = _page(pages[self.path]()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                # Prometheus hangs up when it has waited for long enough.
                with suppress(BrokenPipeError):
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def kube_state(self) -> Iterator[Line]:
        for pool in ("api", "collector", "scoring"):
            yield from self._deployment(pool)
        for pool, autoscaler in self._autoscalers.items():
            yield from self._autoscaler(pool, autoscaler)
        for pod in list(self._pods.all):
            of = {"namespace": NAMESPACE, "pod": pod.name, "uid": pod.name}
            container = of | {"container": pod.pool}
            for condition in ("true", "false", "unknown"):
                yield "kube_pod_status_ready", of | {"condition": condition}, float(condition == str(pod.ready).lower())
            yield "kube_pod_container_status_restarts_total", container, pod.restarts
            if pod.restarts:
                yield "kube_pod_container_status_last_terminated_reason", container | {"reason": "OOMKilled"}, 1
            memory = {"node": "one", "resource": "memory", "unit": "byte"}
            yield "kube_pod_container_resource_limits", container | memory, MEMORY_LIMIT
            cpu = {"node": "one", "resource": "cpu", "unit": "core"}
            yield "kube_pod_container_resource_requests", container | cpu, CPU_REQUEST
        yield from self._jobs()

    def _deployment(self, pool: str) -> Iterator[Line]:
        pods = self._pods.of(pool)
        of = {"namespace": NAMESPACE, "deployment": f"{RELEASE}-{pool}"}
        wanted = self.wanted.get(pool, len(pods))
        ready = sum(pod.ready for pod in pods)
        yield "kube_deployment_labels", of | {"label_app_kubernetes_io_part_of": "canslim"}, 1
        yield "kube_deployment_spec_replicas", of, wanted
        yield "kube_deployment_status_replicas_ready", of, ready
        yield "kube_deployment_status_replicas_unavailable", of, max(0, wanted - ready)

    def _autoscaler(self, pool: str, autoscaler: Autoscaler) -> Iterator[Line]:
        of = {"namespace": NAMESPACE, "horizontalpodautoscaler": f"keda-hpa-{RELEASE}-{pool}"}
        size = self.wanted.get(pool, len(self._pods.of(pool)))
        metric = of | {"metric_name": "s0-postgresql", "metric_target_type": "average"}
        yield "kube_horizontalpodautoscaler_spec_min_replicas", of, autoscaler.least
        yield "kube_horizontalpodautoscaler_spec_max_replicas", of, autoscaler.most
        yield "kube_horizontalpodautoscaler_status_desired_replicas", of, size
        yield "kube_horizontalpodautoscaler_spec_target_metric", metric, autoscaler.target
        limited = size in (autoscaler.least, autoscaler.most)
        for name, holds in (("AbleToScale", True), ("ScalingActive", True), ("ScalingLimited", limited)):
            for status in ("true", "false", "unknown"):
                value = float(status == str(holds).lower())
                yield (
                    "kube_horizontalpodautoscaler_status_condition",
                    of | {"condition": name, "status": status},
                    value,
                )
        try:
            a_pod = self._work(pool) / max(size, 1)
        except (ValueError, httpx.HTTPError):
            return
        yield "kube_horizontalpodautoscaler_status_target_metric", metric, a_pod

    def _jobs(self) -> Iterator[Line]:
        now = time.time()
        night = now - now % 86400 + NIGHT
        last = night if night < now else night - 86400
        of = {"namespace": NAMESPACE, "cronjob": f"{RELEASE}-refresh"}
        yield "kube_cronjob_spec_suspend", of, 0
        yield "kube_cronjob_status_last_schedule_time", of, last
        yield "kube_cronjob_status_last_successful_time", of, last + 900
        yield "kube_cronjob_next_schedule_time", of, last + 86400
        for name, failed in ((f"{RELEASE}-refresh-29012345", 1.0), (f"{RELEASE}-migrate-1a2b3c4d", 0.0)):
            yield "kube_job_failed", {"namespace": NAMESPACE, "job_name": name, "condition": "true"}, failed

    def cadvisor(self) -> Iterator[Line]:
        for pod in list(self._pods.all):
            of = {"namespace": NAMESPACE, "pod": pod.name, "container": pod.pool, "image": pod.pool, "id": pod.name}
            try:
                process = psutil.Process(pod.process.pid)
                memory, cpu = process.memory_info().rss, process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            seconds = cpu.user + cpu.system
            yield "container_memory_working_set_bytes", of, memory
            yield "container_cpu_usage_seconds_total", of | {"cpu": "total"}, seconds

    def keda(self) -> Iterator[Line]:
        for pool in self._autoscalers:
            scaled = {"namespace": NAMESPACE, "scaledObject": f"{RELEASE}-{pool}"}
            trigger = scaled | {
                "scaler": "work",
                "metric": "s0-postgresql",
                "triggerIndex": "0",
                "type": "scaledobject",
            }
            started = time.perf_counter()
            try:
                value = self._work(pool)
                yield "keda_scaler_metrics_value", trigger, value
                yield "keda_scaler_metrics_latency_seconds", trigger, time.perf_counter() - started
            except (ValueError, httpx.HTTPError):
                self._errors[pool] += 1
            yield "keda_scaler_detail_errors_total", trigger, self._errors[pool]
            yield "keda_scaled_object_errors_total", scaled, self._errors[pool]
            yield "keda_scaled_object_paused", scaled, 0


def _page(lines: Iterator[Line]) -> str:
    by_name: dict[str, list[str]] = {}
    for name, labels, value in lines:
        written = ",".join(f'{label}="{text}"' for label, text in labels.items())
        by_name.setdefault(name, []).append(f"{name}{{{written}}} {value}\n")
    return "".join(
        f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}\n{''.join(samples)}"
        for name, samples in by_name.items()
    )
