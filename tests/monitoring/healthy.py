"""An installation that is well, as series for promtool: a sample a minute, over a day and more."""

from typing import Final

#: Samples: thirty hours.
LENGTH: Final = 1800


def flat(value: float, minutes: int = LENGTH) -> str:
    return f"{value}+0x{minutes}"


def growing(per_minute: float, minutes: int = LENGTH) -> str:
    return f"0+{per_minute}x{minutes}"


def falling(value: float, after: int, to: float) -> str:
    """One value for some minutes, then another one."""
    return f"{value}+0x{after} {to}+0x{LENGTH - after}"


def ending(value: float, after: int) -> str:
    """A series that is absent after some minutes: stale, as Prometheus marks what a target no longer tells."""
    return f"{value}+0x{after} stale"


def _target(pool: str, pod: str) -> str:
    where = 'job="canslim",namespace="canslim",endpoint="metrics",container="main"'
    return f'{where},pool="{pool}",pod="canslim-{pool}-{pod}",instance="{pod}"'


API, API_2 = _target("api", "5f6d-aaaaa"), _target("api", "5f6d-bbbbb")
COLLECTOR, SCORING = _target("collector", "7d9c-ccccc"), _target("scoring", "6c8b-ddddd")
KUBE = 'job="kube-state-metrics",namespace="canslim"'
HPA = f'{KUBE},horizontalpodautoscaler="keda-hpa-canslim-collector"'
#: A pool in mode hpa.
OTHER_HPA = f'{KUBE},horizontalpodautoscaler="canslim-scoring"'
KEDA = 'job="keda-operator",namespace="keda",exported_namespace="canslim",scaledObject="canslim-collector"'
UNIVERSE, OWN_LIST = f'{API},universe="us"', f'{API},universe="mine"'


def _waits(target: str, stage: str, objective: str, ran: str = growing(10)) -> dict[str, tuple[str, str]]:
    metric = "canslim_task_wait_seconds"
    return {
        f"{stage} in time": (f'{metric}_bucket{{{target},stage="{stage}",le="{objective}"}}', ran),
        f"{stage} started by bucket": (f'{metric}_bucket{{{target},stage="{stage}",le="+Inf"}}', ran),
        f"{stage} started": (f'{metric}_count{{{target},stage="{stage}"}}', ran),
        f"{stage} done": (f'canslim_task_seconds_count{{{target},stage="{stage}",verdict="done"}}', ran),
        f"{stage} retried": (f'canslim_task_seconds_count{{{target},stage="{stage}",verdict="retried"}}', flat(0)),
    }


def _tasks(queue: str, stage: str) -> dict[str, tuple[str, str]]:
    return {
        f"{stage} {state}": (f'canslim_tasks{{{API},queue="{queue}",stage="{stage}",state="{state}"}}', flat(0))
        for state in ("ready", "running", "dead")
    }


def _refreshes(name: str, universe: str, own: str) -> dict[str, tuple[str, str]]:
    ended = f'canslim_refresh_finished_timestamp_seconds{{{universe},own="{own}"'
    return {
        f"{name}completed refresh": (f'{ended},state="completed"}}', flat(5000)),
        f"{name}failed refresh": (f'{ended},state="failed"}}', flat(4000)),
        f"{name}refreshes": (f"canslim_refreshes_unfinished{{{universe}}}", flat(0)),
    }


#: By a short name: the series, and its values while all is well.
HEALTHY: Final[dict[str, tuple[str, str]]] = {
    "up api": (f"up{{{API}}}", flat(1)),
    "up second api": (f"up{{{API_2}}}", flat(1)),
    "up collector": (f"up{{{COLLECTOR}}}", flat(1)),
    "up scoring": (f"up{{{SCORING}}}", flat(1)),
    "postgresql": (f"canslim_postgresql_up{{{API}}}", flat(1)),
    "second postgresql": (f"canslim_postgresql_up{{{API_2}}}", flat(1)),
    "redis": (f"canslim_redis_up{{{API}}}", flat(1)),
    "second redis": (f"canslim_redis_up{{{API_2}}}", flat(1)),
    "workers": (f"canslim_workers_alive{{{API}}}", flat(2)),
    **_tasks("collector", "collect"),
    **_tasks("scoring", "rs"),
    **_tasks("scoring", "score"),
    **_tasks("scoring", "history"),
    "collector age": (f'canslim_queue_oldest_due_age_seconds{{{API},queue="collector"}}', flat(0)),
    "scoring age": (f'canslim_queue_oldest_due_age_seconds{{{API},queue="scoring"}}', flat(0)),
    "collector threads": (f'canslim_worker_threads{{{COLLECTOR},queue="collector"}}', flat(4)),
    "scoring threads": (f'canslim_worker_threads{{{SCORING},queue="scoring"}}', flat(1)),
    "collector draining": (f'canslim_worker_draining{{{COLLECTOR},queue="collector"}}', flat(0)),
    "scoring draining": (f'canslim_worker_draining{{{SCORING},queue="scoring"}}', flat(0)),
    **_waits(COLLECTOR, "collect", "300.0"),
    **_waits(SCORING, "rs", "60.0"),
    # Nobody asked for a backfill.
    **_waits(SCORING, "history", "60.0", flat(0)),
    "requests": (f'canslim_http_requests_total{{{API},route="/screener/stocks",status="200"}}', growing(60)),
    "errors": (f'canslim_http_requests_total{{{API},route="/screener/stocks",status="500"}}', flat(0)),
    "probes": (f'canslim_http_requests_total{{{API},route="/readyz",status="200"}}', growing(6)),
    "failed probes": (f'canslim_http_requests_total{{{API},route="/readyz",status="503"}}', flat(0)),
    "quick": (f'canslim_http_request_seconds_bucket{{{API},route="/screener/stocks",le="0.1"}}', growing(60)),
    "slow": (f'canslim_http_request_seconds_bucket{{{API},route="/screener/stocks",le="2.5"}}', growing(60)),
    "answered": (f'canslim_http_request_seconds_bucket{{{API},route="/screener/stocks",le="+Inf"}}', growing(60)),
    "unsent": (f"canslim_relay_unsent_total{{{API}}}", flat(0)),
    "relay failures": (f"canslim_relay_failures_total{{{API}}}", flat(0)),
    "leases expired": (f"canslim_leases_expired_total{{{API}}}", flat(0)),
    "jobs expired": (f"canslim_jobs_expired_total{{{API}}}", flat(0)),
    "yahoo answers": (f'canslim_yahoo_requests_total{{{COLLECTOR},status="200"}}', growing(6)),
    "yahoo failures": (f'canslim_yahoo_requests_total{{{COLLECTOR},status="500"}}', flat(0)),
    "yahoo refusals": (f'canslim_yahoo_requests_total{{{COLLECTOR},status="429"}}', flat(0)),
    "yahoo pause": (f"canslim_yahoo_pause_seconds{{{COLLECTOR}}}", flat(0)),
    "yahoo budget": (f"canslim_yahoo_budget_requests_per_second{{{COLLECTOR}}}", flat(2)),
    "changed": (f'canslim_symbols_collected_total{{{COLLECTOR},provider="yahoo",outcome="changed"}}', growing(100)),
    "unavailable": (
        f'canslim_symbols_collected_total{{{COLLECTOR},provider="yahoo",outcome="unavailable"}}',
        flat(0),
    ),
    "expected session": (f"canslim_expected_session_timestamp_seconds{{{COLLECTOR}}}", flat(172_800)),
    "published session": (f"canslim_published_session_timestamp_seconds{{{UNIVERSE}}}", flat(172_800)),
    "active": (f'canslim_published_symbols{{{UNIVERSE},kind="active"}}', flat(500)),
    "priced": (f'canslim_published_symbols{{{UNIVERSE},kind="priced"}}', flat(498)),
    **_refreshes("", UNIVERSE, own="false"),
    **_refreshes("own ", OWN_LIST, own="true"),
    "deployment": (f'kube_deployment_spec_replicas{{{KUBE},deployment="canslim-collector"}}', flat(2)),
    "unavailable pods": (
        f'kube_deployment_status_replicas_unavailable{{{KUBE},deployment="canslim-collector"}}',
        flat(0),
    ),
    # A release of another name, of which no pod is there.
    "labelled deployment": (
        f'kube_deployment_labels{{{KUBE},deployment="stocks-api",label_app_kubernetes_io_part_of="canslim"}}',
        flat(1),
    ),
    "unavailable labelled pods": (
        f'kube_deployment_status_replicas_unavailable{{{KUBE},deployment="stocks-api"}}',
        flat(0),
    ),
    "unavailable strange pods": (
        f'kube_deployment_status_replicas_unavailable{{{KUBE},deployment="strange"}}',
        flat(1),
    ),
    "desired": (f"kube_horizontalpodautoscaler_status_desired_replicas{{{HPA}}}", flat(2)),
    "maximum": (f"kube_horizontalpodautoscaler_spec_max_replicas{{{HPA}}}", flat(8)),
    "minimum": (f"kube_horizontalpodautoscaler_spec_min_replicas{{{HPA}}}", flat(1)),
    "other maximum": (f"kube_horizontalpodautoscaler_spec_max_replicas{{{OTHER_HPA}}}", flat(4)),
    "other minimum": (f"kube_horizontalpodautoscaler_spec_min_replicas{{{OTHER_HPA}}}", flat(1)),
    "blind": (
        f'kube_horizontalpodautoscaler_status_condition{{{HPA},condition="ScalingActive",status="false"}}',
        flat(0),
    ),
    "migration": (f'kube_job_failed{{{KUBE},condition="true",job_name="canslim-migrate-1a2b3c4d"}}', flat(0)),
    "nightly": (f'kube_job_failed{{{KUBE},condition="true",job_name="canslim-refresh-29012345"}}', flat(0)),
    "next nightly": (f'kube_cronjob_next_schedule_time{{{KUBE},cronjob="canslim-refresh"}}', flat(200_000)),
    "suspended": (f'kube_cronjob_spec_suspend{{{KUBE},cronjob="canslim-refresh"}}', flat(0)),
    "restarts": (
        f'kube_pod_container_status_restarts_total{{{KUBE},pod="canslim-collector-7d9c-ccccc",container="main"}}',
        flat(0),
    ),
    "keda errors": (f"keda_scaled_object_errors_total{{{KEDA}}}", flat(0)),
    "paused": (f"keda_scaled_object_paused{{{KEDA}}}", flat(0)),
}
