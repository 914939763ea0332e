"""What only Kubernetes and KEDA know, told by kube-state-metrics and KEDA's operator."""

from typing import Final

from tools.monitoring.alerts.alert import Alert, Severity
from tools.monitoring.queries import INSTALLED, JOB, of_autoscaler, of_keda, of_pod
from tools.monitoring.recording_rules import PACED, POOLS, READY

#: In namespaces that our pods are in, whether they answer or not.
OURS: Final = f"and on (namespace) {INSTALLED}"
#: Found in Kubernetes, not by Compose's Prometheus: the operator's targets have the name of their port.
BY_POD_MONITOR: Final = f'group by (namespace) (up{{job="{JOB}",endpoint!=""}})'
LET_GO: Final = "NAMESPACE={{ $labels.namespace }} RELEASE=... k8s/scale.sh POOL auto"
#: Jobs as the chart names them: an upgrade's, a hook's, those of the nightly refresh.
MIGRATION: Final = 'job_name=~".+-migrate(-[0-9a-f]+)?"'
NIGHTLY_FAILED: Final = 'kube_job_failed{condition="true",job_name=~".+-refresh-[0-9]+"}'
NIGHTLY: Final = 'cronjob=~".+-refresh"'
BLIND: Final = 'kube_horizontalpodautoscaler_status_condition{condition="ScalingActive",status="false"}'
#: Pools under KEDA have autoscalers of this name.
BY_KEDA: Final = 'horizontalpodautoscaler=~"keda-hpa-.+"'
PODS: Final = of_pod(f'up{{job="{JOB}"}}')
#: Those that `make scale` holds by their bounds, and not by a pause.
OF_ADAPTER: Final = 'horizontalpodautoscaler!~"keda-hpa-.+"'
#: Deployments of ours by the name that the chart gives them, by the label of the chart where kube-state-metrics is
#: allowed to tell it, and by pods that Prometheus knows. Where no pod was let in there are none.
DEPLOYMENTS: Final = (
    'group by (namespace, deployment) (kube_deployment_spec_replicas{deployment=~"(.+-)?canslim-.+"})\n'
    "  or group by (namespace, deployment) "
    '(kube_deployment_labels{label_app_kubernetes_io_part_of="canslim"})\n'
    f"  or group by (namespace, deployment) ({PODS})"
)


def _autoscaler(metric: str) -> str:
    return f"max by (namespace, deployment) ({of_autoscaler(metric)})"


ALERTS: Final = (
    Alert(
        "CanslimPoolAtMaximum",
        Severity.WARNING,
        f"{_autoscaler('kube_horizontalpodautoscaler_status_desired_replicas')}\n"
        f">= {_autoscaler('kube_horizontalpodautoscaler_spec_max_replicas')}\n"
        "and on (namespace, deployment) (\n"
        f"  {POOLS} and on (namespace, queue) {READY} > 0\n"
        f"  unless on (namespace, queue) max_over_time({PACED}[1h])\n"
        ")",
        summary="{{ $labels.deployment }} in {{ $labels.namespace }} is at its maximum and work waits",
        description="It has had {{ $value }} pods for 15 minutes, as many as it may, with tasks due all the time.",
        dashboard="canslim-pools",
        wait="15m",
    ),
    Alert(
        "CanslimScalerErrors",
        Severity.WARNING,
        "sum by (namespace, scaledObject) (\n"
        f"  {of_keda('increase(keda_scaled_object_errors_total[10m])')}\n"
        f") > 0\n{OURS}",
        summary="KEDA can't read what {{ $labels.scaledObject }} in {{ $labels.namespace }} scales on",
        description="The pool keeps its size, or grows to its fallback, until the trigger's source answers.",
        dashboard="canslim-pools",
        wait="10m",
    ),
    Alert(
        "CanslimScalerUnseen",
        Severity.INFO,
        f"group by (namespace) (kube_horizontalpodautoscaler_spec_max_replicas{{{BY_KEDA}}})\n{OURS}\n"
        f"unless on (namespace) group by (namespace) ({of_keda('keda_scaled_object_errors_total')})",
        summary="Pools of {{ $labels.namespace }} scale by KEDA, whose own metrics are not scraped",
        description="CanslimScalerErrors and CanslimScalingPaused can't fire.",
        dashboard="canslim-pools",
        wait="30m",
    ),
    Alert(
        "CanslimAutoscalerBlind",
        Severity.WARNING,
        f"max by (namespace, horizontalpodautoscaler) ({BLIND}) == 1\n{OURS}",
        summary="{{ $labels.horizontalpodautoscaler }} in {{ $labels.namespace }} gets no metrics",
        description="It does not scale: its metric is not served, or its Deployment was scaled to 0 by hand.",
        dashboard="canslim-pools",
        wait="10m",
    ),
    Alert(
        "CanslimScalingPaused",
        Severity.INFO,
        f"max by (namespace, scaledObject) ({of_keda('keda_scaled_object_paused')}) == 1\n{OURS}",
        summary="{{ $labels.scaledObject }} in {{ $labels.namespace }} has been held at a size for half a day",
        description=f"Somebody scaled it by hand. `{LET_GO}` lets it scale again.",
        dashboard="canslim-pools",
        wait="12h",
    ),
    Alert(
        "CanslimScalingPinned",
        Severity.INFO,
        f"{_autoscaler(f'kube_horizontalpodautoscaler_spec_max_replicas{{{OF_ADAPTER}}}')}\n"
        f"== on (namespace, deployment) {_autoscaler('kube_horizontalpodautoscaler_spec_min_replicas')}\n"
        f"and on (namespace, deployment) {POOLS}",
        summary="{{ $labels.deployment }} in {{ $labels.namespace }} has been held at a size for half a day",
        description=(
            "Its autoscaler's minimum and maximum are both {{ $value }}. If somebody scaled it by hand, "
            f"`{LET_GO}` gives it back the bounds of the values."
        ),
        dashboard="canslim-pools",
        wait="12h",
    ),
    Alert(
        "CanslimMigrationFailed",
        Severity.CRITICAL,
        f'max by (namespace, job_name) (kube_job_failed{{condition="true",{MIGRATION}}}) == 1\n{OURS}',
        summary="Migration {{ $labels.job_name }} in {{ $labels.namespace }} failed",
        description="New pods wait for the schema and don't start; those of the release before go on.",
        dashboard="canslim-overview",
    ),
    Alert(
        "CanslimRefreshJobFailed",
        Severity.WARNING,
        # For a day from then on: the job is kept for much longer, and may have run for long before it failed.
        f"max by (namespace, job_name) ({NIGHTLY_FAILED}) == 1\n"
        f"unless on (namespace, job_name) {NIGHTLY_FAILED} offset 1d == 1\n{OURS}",
        summary="The nightly job {{ $labels.job_name }} in {{ $labels.namespace }} failed",
        description="It could not ask for the refresh, or the refresh it waited for failed.",
        dashboard="canslim-data",
    ),
    Alert(
        "CanslimRefreshMissed",
        Severity.WARNING,
        f"time() - max by (namespace, cronjob) (kube_cronjob_next_schedule_time{{{NIGHTLY}}}) > 7200\n"
        f"unless on (namespace, cronjob) kube_cronjob_spec_suspend{{{NIGHTLY}}} == 1\n{OURS}",
        summary="{{ $labels.cronjob }} in {{ $labels.namespace }} did not start when it should have",
        description="It is {{ $value | humanizeDuration }} late, so nobody asked for the nightly refresh.",
        dashboard="canslim-data",
    ),
    Alert(
        "CanslimPodsRestarting",
        Severity.WARNING,
        "sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total[1h])) > 2\n"
        f'and on (namespace, pod) group by (namespace, pod) (up{{job="{JOB}"}})',
        summary="Pod {{ $labels.pod }} in {{ $labels.namespace }} restarts again and again",
        description='{{ $value | printf "%.0f" }} times within an hour.',
        dashboard="canslim-pools",
    ),
    Alert(
        "CanslimPodsUnavailable",
        Severity.WARNING,
        "max by (namespace, deployment) (kube_deployment_status_replicas_unavailable) > 0\n"
        f"and on (namespace, deployment) (\n  {DEPLOYMENTS}\n)",
        summary="{{ $labels.deployment }} in {{ $labels.namespace }} lacks pods",
        description="{{ $value }} of its pods have not been ready for 15 minutes.",
        dashboard="canslim-pools",
        wait="15m",
    ),
    Alert(
        "CanslimKubernetesUnseen",
        Severity.INFO,
        f"{BY_POD_MONITOR}\nunless on (namespace) group by (namespace) (kube_deployment_spec_replicas)",
        summary="Nothing is known of the Deployments of {{ $labels.namespace }}",
        description="kube-state-metrics is not scraped: alerts on pods, autoscalers and Kubernetes' jobs can't fire.",
        dashboard="canslim-pools",
        wait="30m",
    ),
)
