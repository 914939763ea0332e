"""Every setting can be set by the chart's values and by Compose's environment, or there is a reason why not."""

from typing import Any

import pytest

from canslim_infra.settings import Settings
from tests.chart.rendering import Chart, with_servers
from tests.deploy.sources import SERVICES, load

COLLECTOR, SCORING, API = "collector", "scoring", "api"
#: The pod that shows it, the values that set it, and what it is then.
THROUGH_VALUES: dict[str, tuple[str, dict[str, Any], str]] = {
    "database_url": (API, {}, "secret:database/url"),
    "redis_url": (API, {}, "secret:redis/url"),
    "admin_token": (API, {"adminToken": {"existingSecret": "admin"}}, "secret:admin/token"),
    "provider": (COLLECTOR, {"settings": {"provider": "synthetic"}}, "synthetic"),
    "universe": (API, {"settings": {"universe": "mine"}}, "mine"),
    "log_format": (API, {"settings": {"logFormat": "console"}}, "console"),
    "otlp_endpoint": (SCORING, {"settings": {"otlpEndpoint": "http://tempo:4318"}}, "http://tempo:4318"),
    "drain_seconds": (SCORING, {"drainSeconds": 60}, "60"),
    "collector_threads": (COLLECTOR, {"pools": {"collector": {"threads": 7}}}, "7"),
    "scoring_threads": (SCORING, {"poolDefaults": {"scoring": {"threads": 3}}}, "3"),
    "files_dir": (COLLECTOR, {"settings": {"provider": "files", "files": {"existingClaim": "data"}}}, "/files"),
    "yahoo_base_url": (
        COLLECTOR,
        {"pools": {"collector": {"env": {"CANSLIM_YAHOO_BASE_URL": "http://yahoo"}}}},
        "http://yahoo",
    ),
    "yahoo_cache_dir": (
        COLLECTOR,
        {"pools": {"collector": {"env": {"CANSLIM_YAHOO_CACHE_DIR": "/tmp/yahoo"}}}},
        "/tmp/yahoo",
    ),
    **{
        f"{provider}_{name}": (COLLECTOR, {"settings": {"provider": provider, provider: {key: value}}}, str(value))
        for provider, name, key, value in (
            ("yahoo", "requests_per_second", "requestsPerSecond", 1.5),
            ("yahoo", "burst", "burst", 3),
            ("yahoo", "in_flight", "inFlight", 9),
            ("yahoo", "timeout_seconds", "timeoutSeconds", 11),
            ("synthetic", "symbols", "symbols", 200),
            ("synthetic", "latency_ms", "latencyMs", 2.5),
            ("synthetic", "failure_rate", "failureRate", 0.25),
        )
    },
}
OF_THE_COMMAND_LINE = {
    "api_url": "Where the command line finds the API, whom the chart's jobs and Compose's containers name or are.",
    "data_dir": "Where `canslim up` keeps everything; it does not run in a container.",
}
NOT_THROUGH_VALUES = OF_THE_COMMAND_LINE | {
    "api_host": "A pod listens on every address it has; who reaches it is the network rules' business.",
    "api_port": "A pod has all ports to itself; what others see is api.service.port.",
    "metrics_port": "The same, and a PodMonitor finds it by its name.",
}
NOT_THROUGH_COMPOSE = OF_THE_COMMAND_LINE | {
    "api_host": "The images set it.",
    "api_port": "A container has all ports to itself; what others see is API_PORT.",
    "metrics_port": "The same; only Prometheus asks, on the inner network.",
    "yahoo_base_url": "For tests.",
    "yahoo_cache_dir": "A container's /tmp goes with it; two requests a start are saved by nothing less than a volume.",
}


def test_every_setting_is_accounted_for() -> None:
    assert THROUGH_VALUES.keys() | NOT_THROUGH_VALUES.keys() == Settings.model_fields.keys()
    assert THROUGH_VALUES.keys() & NOT_THROUGH_VALUES.keys() == set()


@pytest.mark.parametrize("setting", THROUGH_VALUES)
def test_a_value_of_the_chart_sets_it(chart: Chart, setting: str) -> None:
    component, values, expected = THROUGH_VALUES[setting]
    manifests = chart(with_servers(**values))
    assert manifests.environment(manifests.pod(component))[f"CANSLIM_{setting.upper()}"] == expected


def test_compose_hands_every_setting_on_or_has_a_reason() -> None:
    services = load("compose.yaml")["services"]
    given = {name for service in SERVICES for name in services[service]["environment"]}
    reasons = {f"CANSLIM_{name.upper()}" for name in NOT_THROUGH_COMPOSE}
    assert given | reasons == {f"CANSLIM_{name.upper()}" for name in Settings.model_fields}
    assert given & reasons == set()
