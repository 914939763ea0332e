"""Have the pools what they need, and does the autoscaler do what it should?"""

from typing import Final

from tools.monitoring.dashboard import Choice, Dashboard, Event, Row
from tools.monitoring.panels import BLUE, GREEN, RED, YELLOW, Query, Words, lines, rows, states
from tools.monitoring.queries import HERE, NOW, here, of_autoscaler, of_scaled_object, state, total
from tools.monitoring.recording_rules import BUSY, DRAIN, OBJECTIVE

POOL: Final = here('pool=~"$pool"')
#: The chart names Deployments and autoscalers after the release and the pool, and pods after their Deployment.
DEPLOYMENT: Final = here('deployment=~".+-$pool"')
AUTOSCALER: Final = here('horizontalpodautoscaler=~".+-$pool"')
POD: Final = here('pod=~".+-$pool-[^-]+-[^-]+"')
CONTAINER: Final = f'{POD},container!=""'
#: KEDA's operator is a target of its own, whose namespace is another one.
SCALED: Final = 'exported_namespace="$namespace",scaledObject=~".+-$pool"'

DRAINING: Final[Words] = {0: ("works", GREEN), 1: ("drains", YELLOW)}
PAUSED: Final[Words] = {0: ("scales", GREEN), 1: ("held by hand", YELLOW)}
HOLDS: Final[Words] = {0: ("no", YELLOW), 1: ("yes", GREEN)}
BOUNDS: Final[Words] = {0: ("free", GREEN), 1: ("at its minimum", BLUE), 2: ("at its maximum", YELLOW)}
READY: Final[Words] = {0: ("not ready", RED), 1: ("ready", GREEN)}


def _replicas(metric: str) -> str:
    return f"max by (deployment) ({of_autoscaler(f'kube_horizontalpodautoscaler_{metric}{{{AUTOSCALER}}}')})"


def _by_metric(metric: str) -> str:
    return (
        "max by (deployment, metric_name) "
        f"({of_autoscaler(f'kube_horizontalpodautoscaler_{metric}_target_metric{{{AUTOSCALER}}}')})"
    )


def _condition(names: str, *by: str) -> str:
    holds = f'kube_horizontalpodautoscaler_status_condition{{{AUTOSCALER},condition=~"{names}",status="true"}}'
    return f"max by ({', '.join(by)}) ({of_autoscaler(holds)})"


CAPACITY: Final = Row(
    "Capacity",
    [
        lines(
            "Replicas",
            "Pods that the Deployment should have and has ready, and the bounds of its autoscaler.",
            "short",
            Query(f"max by (deployment) (kube_deployment_spec_replicas{{{DEPLOYMENT}}})", "{{deployment}} wanted"),
            Query(
                f"max by (deployment) (kube_deployment_status_replicas_ready{{{DEPLOYMENT}}})", "{{deployment}} ready"
            ),
            Query(_replicas("spec_max_replicas"), "{{deployment}} most"),
            Query(_replicas("spec_min_replicas"), "{{deployment}} least"),
            width=12,
        ),
        lines(
            "Threads",
            "Tasks that the pool's pods can run at once, and run.",
            "short",
            Query(f"sum by (pool) (canslim_worker_threads{{{POOL}}})", "{{pool}} threads"),
            Query(f"sum by (pool) (canslim_worker_threads_busy{{{POOL}}})", "{{pool}} busy"),
            width=12,
        ),
        lines(
            "Busy threads",
            "The share of threads that run a task. With prometheus.url set, KEDA adds pods above 80 %, but only once a "
            "task has waited for half of its objective.",
            "percentunit",
            Query(f"max by (pool) ({BUSY}{{{POOL}}})", "{{pool}}"),
            limits=((None, GREEN), (0.8, YELLOW)),
            most=1,
        ),
        lines(
            "Outstanding work",
            "What the pools scale on, by queue: a pod may have as much of it as its threads do in half of the "
            "objective.",
            "s",
            Query(state("canslim_queue_work_seconds", HERE, "queue"), "{{queue}}"),
        ),
        lines(
            "Time to drain",
            "Outstanding work shared by the threads in service. The autoscaler wants more pods above half of what is "
            "promised, and fewer below.",
            "s",
            Query(f"max by (queue) ({DRAIN}{{{HERE}}})", "{{queue}}"),
            Query(f"{OBJECTIVE} / 2", "{{queue}} grows above"),
            Query(OBJECTIVE, "promised of {{queue}}"),
        ),
        states(
            "Draining",
            "Pods that were told to stop and end their tasks. What is not done in the drain time is handed back.",
            Query(f"max by (pod) (canslim_worker_draining{{{POOL}}})", "{{pod}}"),
            words=DRAINING,
            width=24,
        ),
    ],
)

AUTOSCALING: Final = Row(
    "Autoscaling",
    [
        lines(
            "What the autoscaler reads",
            "The values of KEDA's triggers, the target that a pod may have of each, and where it has said so, the "
            "value a pod has now.",
            "short",
            Query(
                f"max by (deployment, metric) ({of_scaled_object(f'keda_scaler_metrics_value{{{SCALED}}}')})",
                "{{deployment}} {{metric}} in all",
            ),
            Query(_by_metric("spec"), "{{deployment}} {{metric_name}} target of a pod"),
            Query(_by_metric("status"), "{{deployment}} {{metric_name}} a pod"),
            width=12,
        ),
        lines(
            "Changes of size",
            "How often each Deployment's size changed within the curve's step. Up and down all the time is thrashing.",
            "short",
            Query(
                f"sum by (deployment) (changes(kube_deployment_spec_replicas{{{DEPLOYMENT}}}[{NOW}]))", "{{deployment}}"
            ),
            width=12,
        ),
        lines(
            "KEDA's errors",
            "Triggers that could not be read. Meanwhile the pool keeps its size, or grows to its fallback.",
            "ops",
            Query(
                total("keda_scaler_detail_errors_total", SCALED, NOW, "scaledObject", "scaler"),
                "{{scaledObject}} {{scaler}}",
            ),
            Query(total("keda_scaled_object_errors_total", SCALED, NOW, "scaledObject"), "{{scaledObject}} in all"),
        ),
        lines(
            "KEDA's reading time",
            "How long it takes to read each trigger's source.",
            "s",
            Query(
                f"max by (scaledObject, scaler) (keda_scaler_metrics_latency_seconds{{{SCALED}}})",
                "{{scaledObject}} {{scaler}}",
            ),
        ),
        states(
            "Held by hand",
            "Pools that `make scale` holds at a size. N=auto lets them scale again.",
            Query(f"max by (scaledObject) (keda_scaled_object_paused{{{SCALED}}})", "{{scaledObject}}"),
            words=PAUSED,
            nothing="no pool scales by KEDA",
        ),
        states(
            "State of the autoscalers",
            "ScalingActive: its metrics are served. AbleToScale: it can ask for another size.",
            Query(_condition("ScalingActive|AbleToScale", "deployment", "condition"), "{{deployment}} {{condition}}"),
            words=HOLDS,
            width=12,
            nothing="no pool has an autoscaler",
        ),
        states(
            "Held by bounds",
            "ScalingLimited: whether the autoscaler wants more pods than it may have, or fewer, as for an idle pool.",
            Query(
                f"{_condition('ScalingLimited', 'deployment')}\n"
                f"* (1 + ({_replicas('status_desired_replicas')}\n  >= bool {_replicas('spec_max_replicas')}))",
                "{{deployment}}",
            ),
            words=BOUNDS,
            width=12,
            nothing="no pool has an autoscaler",
        ),
    ],
)

PODS: Final = Row(
    "Pods",
    [
        states(
            "Ready",
            "Whether the pod could claim a task. A draining pod is not ready, as it should be.",
            Query(f'max by (pod) (kube_pod_status_ready{{{POD},condition="true"}})', "{{pod}}"),
            words=READY,
        ),
        lines(
            "Restarts",
            "Restarts within the hour.",
            "short",
            Query(f"sum by (pod) (increase(kube_pod_container_status_restarts_total{{{POD}}}[1h]))", "{{pod}}"),
        ),
        rows(
            "Why containers ended last",
            "OOMKilled: it needs more memory than its limit, or fewer threads. Error: its log says why.",
            Query(f"max by (pod, reason) (kube_pod_container_status_last_terminated_reason{{{POD}}})", "times"),
            keys=["pod", "reason"],
            width=8,
        ),
        lines(
            "Memory",
            "What the kernel counts against the limit, and the smallest limit of a pod.",
            "bytes",
            Query(f"sum by (pod) (container_memory_working_set_bytes{{{CONTAINER}}})", "{{pod}}"),
            Query(f'min(kube_pod_container_resource_limits{{{POD},resource="memory"}})', "limit"),
            width=12,
        ),
        lines(
            "CPU",
            "Cores in use, and what a pod asked for. The chart sets no limit of them.",
            "short",
            Query(total("container_cpu_usage_seconds_total", CONTAINER, NOW, "pod"), "{{pod}}"),
            Query(f'min(kube_pod_container_resource_requests{{{POD},resource="cpu"}})', "requested"),
            width=12,
        ),
        lines(
            "Memory of the process",
            "As the process itself sees it, also where nobody asks the kernel.",
            "bytes",
            Query(f"max by (pod) (process_resident_memory_bytes{{{POOL}}})", "{{pod}}"),
        ),
        lines(
            "Open files",
            "The share of the process's allowance that is in use; connections count.",
            "percentunit",
            Query(f"max by (pod) (process_open_fds{{{POOL}}} / process_max_fds{{{POOL}}})", "{{pod}}"),
        ),
        lines(
            "Lost workers",
            "Tasks whose lease ran out, for their worker died or hung; runs that lost their task to another worker; "
            "tasks given up because every worker died on them.",
            "ops",
            Query(total("canslim_leases_expired_total", HERE, NOW), "leases expired"),
            Query(total("canslim_task_seconds_count", here('verdict="superseded"'), NOW), "superseded"),
            Query(total("canslim_tasks_poisoned_total", HERE, NOW), "poison"),
        ),
    ],
)

DASHBOARD: Final = Dashboard(
    "canslim-pools",
    "CAN SLIM / Pools and autoscaling",
    "Threads and pods of the worker pools, what the autoscaler reads and does, and how the pods fare.",
    [CAPACITY, AUTOSCALING, PODS],
    choices=[Choice("pool", "Pool", f"canslim_worker_threads{{{HERE}}}")],
    events=[
        Event(
            "Scaled",
            Query(f"changes(kube_deployment_spec_replicas{{{DEPLOYMENT}}}[2m]) > 0", "{{deployment}} changed its size"),
        )
    ],
)
