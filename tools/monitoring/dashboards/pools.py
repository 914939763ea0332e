"""Have the pools what they need, and does the autoscaler do what it should?"""

from typing import Final

from tools.monitoring.dashboard import Choice, Dashboard, Event, Row
from tools.monitoring.panels import GREEN, RED, YELLOW, Query, Words, lines, rows, states
from tools.monitoring.queries import HERE, NOW, here, state, total
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
READY: Final[Words] = {0: ("not ready", RED), 1: ("ready", GREEN)}

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
            Query(
                "max by (horizontalpodautoscaler) "
                f"(kube_horizontalpodautoscaler_status_desired_replicas{{{AUTOSCALER}}})",
                "{{horizontalpodautoscaler}} desired",
            ),
            Query(
                f"max by (horizontalpodautoscaler) (kube_horizontalpodautoscaler_spec_max_replicas{{{AUTOSCALER}}})",
                "{{horizontalpodautoscaler}} most",
            ),
            Query(
                f"max by (horizontalpodautoscaler) (kube_horizontalpodautoscaler_spec_min_replicas{{{AUTOSCALER}}})",
                "{{horizontalpodautoscaler}} least",
            ),
        ),
        lines(
            "Threads",
            "Tasks that the pool's pods can run at once, and run.",
            "short",
            Query(f"sum by (pool) (canslim_worker_threads{{{POOL}}})", "{{pool}} threads"),
            Query(f"sum by (pool) (canslim_worker_threads_busy{{{POOL}}})", "{{pool}} busy"),
        ),
        lines(
            "Busy threads",
            "The share of threads that run a task. Above 80 % while tasks wait, KEDA adds pods before the wait grows.",
            "percentunit",
            Query(f"max by (pool) ({BUSY}{{{POOL}}})", "{{pool}}"),
            limits=((None, GREEN), (0.8, YELLOW)),
            most=1,
        ),
        lines(
            "Outstanding work",
            "What the pools scale on, by queue: a pod may have its threads times the objective of it.",
            "s",
            Query(state("canslim_queue_work_seconds", HERE, "queue"), "{{queue}}"),
        ),
        lines(
            "Time to drain",
            "Outstanding work shared by the threads in service. Above the line the autoscaler wants more pods.",
            "s",
            Query(f"max by (queue) ({DRAIN}{{{HERE}}})", "{{queue}}"),
            Query(OBJECTIVE, "promised of {{queue}}"),
        ),
        states(
            "Draining",
            "Pods that were told to stop and end their tasks. What is not done in the drain time is handed back.",
            Query(f"max by (pod) (canslim_worker_draining{{{POOL}}})", "{{pod}}"),
            words=DRAINING,
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
                f"max by (scaledObject, metric) (keda_scaler_metrics_value{{{SCALED}}})", "{{scaledObject}} {{metric}}"
            ),
            Query(
                "max by (horizontalpodautoscaler, metric_name) "
                f"(kube_horizontalpodautoscaler_spec_target_metric{{{AUTOSCALER}}})",
                "{{horizontalpodautoscaler}} {{metric_name}} target",
            ),
            Query(
                "max by (horizontalpodautoscaler, metric_name) "
                f"(kube_horizontalpodautoscaler_status_target_metric{{{AUTOSCALER}}})",
                "{{horizontalpodautoscaler}} {{metric_name}} a pod",
            ),
            width=12,
        ),
        lines(
            "Changes of size",
            "How often each Deployment's size changed within the hour. Up and down all the time is thrashing.",
            "short",
            Query(
                f"sum by (deployment) (changes(kube_deployment_spec_replicas{{{DEPLOYMENT}}}[1h]))", "{{deployment}}"
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
            "ScalingActive: its metrics are served. AbleToScale: nothing holds it back. ScalingLimited: it wants more "
            "or fewer pods than it may have.",
            Query(
                "max by (horizontalpodautoscaler, condition) "
                f'(kube_horizontalpodautoscaler_status_condition{{{AUTOSCALER},status="true"}})',
                "{{horizontalpodautoscaler}} {{condition}}",
            ),
            words=HOLDS,
            width=24,
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
        ),
        lines(
            "CPU",
            "Cores in use, and what a pod asked for.",
            "short",
            Query(total("container_cpu_usage_seconds_total", CONTAINER, NOW, "pod"), "{{pod}}"),
            Query(f'min(kube_pod_container_resource_requests{{{POD},resource="cpu"}})', "requested"),
        ),
        lines(
            "CPU throttling",
            "The share of the kernel's periods in which a pod had to wait. The chart sets no CPU limit: then there is "
            "none.",
            "percentunit",
            Query(
                f"{total('container_cpu_cfs_throttled_periods_total', CONTAINER, NOW, 'pod')}\n"
                f"/ {total('container_cpu_cfs_periods_total', CONTAINER, NOW, 'pod')}",
                "{{pod}}",
            ),
            most=1,
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
