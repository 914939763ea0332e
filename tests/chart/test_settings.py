"""The environment that the chart makes is one that the services accept."""

import pytest

from canslim_infra.settings import Settings, read_settings
from tests.chart.rendering import SETS, Chart, Manifests, with_servers

KNOWN = {"CANSLIM_" + name.upper() for name in Settings.model_fields}
#: What stands in for the values of secrets.
SECRETS = {
    "CANSLIM_DATABASE_URL": "postgresql://user:password@host:5432/canslim",
    "CANSLIM_REDIS_URL": "redis://host:6379/0",
    "CANSLIM_ADMIN_TOKEN": "0123456789abcdef",
}


def settings_of(manifests: Manifests, component: str) -> Settings:
    environ = manifests.environment(manifests.pod(component))
    return read_settings(
        {name: SECRETS[name] if value.startswith("secret:") else value for name, value in environ.items()}
    )


def test_every_container_sets_only_names_that_exist(rendered: Manifests) -> None:
    names = {name for pod in rendered.pods for name in rendered.environment(pod) if name.startswith("CANSLIM_")}
    names |= {
        variable["name"] for pod in rendered.pods for found in pod.containers for variable in found.get("env", ())
    } & {name for name in names if name.startswith("CANSLIM_")}
    assert names - KNOWN == set()


def test_the_services_accept_their_environment(rendered: Manifests, set_name: str) -> None:
    values = SETS[set_name].get("settings", {})
    for pod in (pod for pod in rendered.pods if pod.is_server):
        settings = settings_of(rendered, pod.component)
        assert settings.provider == values.get("provider", "sample")
        assert settings.universe == values.get("universe")
        assert settings.log_format == values.get("logFormat", "json")
        assert settings.otlp_endpoint == values.get("otlpEndpoint")
        assert settings.api_host == "0.0.0.0"


def test_no_variable_is_set_twice(rendered: Manifests) -> None:
    for pod in rendered.pods:
        for container in pod.containers:
            names = [variable["name"] for variable in container.get("env", ())]
            for source in container.get("envFrom", ()):
                names += rendered.one("ConfigMap", source["configMapRef"]["name"])["data"]
            assert len(names) == len(set(names)), pod.owner


def test_each_process_gets_the_secrets_it_needs_and_no_other(rendered: Manifests) -> None:
    def secrets(component: str) -> set[str]:
        environ = rendered.environment(rendered.pod(component))
        return {name for name, value in environ.items() if value.startswith("secret:")}

    servers = {"CANSLIM_DATABASE_URL", "CANSLIM_REDIS_URL"}
    assert secrets("api") == servers | {"CANSLIM_ADMIN_TOKEN"}
    assert secrets("migration") == {"CANSLIM_DATABASE_URL"}
    assert secrets("test") == set()
    assert all(secrets(pod.component) == servers for pod in rendered.pods if pod.is_worker)


def test_the_refresh_gets_the_token_alone(chart: Chart) -> None:
    manifests = chart(SETS["trial"])
    assert set(manifests.environment(manifests.pod("refresh"))) == {"CANSLIM_ADMIN_TOKEN"}


def test_the_provider_yahoo_gets_its_budget(chart: Chart) -> None:
    settings = settings_of(chart(SETS["yahoo"]), "collector")
    assert settings.yahoo_requests_per_second == 1.5
    assert settings.yahoo_in_flight == 6
    assert settings.yahoo_burst == 5
    assert settings.yahoo_timeout_seconds == 20


def test_the_provider_synthetic_gets_its_size(chart: Chart) -> None:
    settings = settings_of(chart(SETS["pools"]), "scoring")
    assert settings.synthetic_symbols == 100_000
    assert settings.synthetic_latency_ms == 2.5
    assert settings.synthetic_failure_rate == 0.01


def test_the_collectors_alone_mount_the_files(chart: Chart) -> None:
    manifests = chart(SETS["files"])
    claims = {
        pod.component: volume["persistentVolumeClaim"]
        for pod in manifests.pods
        for volume in pod.spec["volumes"]
        if "persistentVolumeClaim" in volume
    }
    assert claims == {"collector": {"claimName": "market-data", "readOnly": True}}
    (mount,) = (mount for mount in manifests.pod("collector").main["volumeMounts"] if mount["name"] == "files")
    assert mount == {"name": "files", "mountPath": str(settings_of(manifests, "collector").files_dir), "readOnly": True}


@pytest.mark.parametrize("provider", ["sample", "synthetic", "yahoo"])
def test_a_provider_gets_no_setting_of_another(chart: Chart, provider: str) -> None:
    (settings,) = chart(with_servers(settings={"provider": provider})).all("ConfigMap")
    others = {"SYNTHETIC_", "YAHOO_", "FILES_"} - {f"{provider.upper()}_"}
    assert [name for name in settings["data"] if any(other in name for other in others)] == []


def test_a_pools_environment_is_its_own(chart: Chart) -> None:
    manifests = chart(SETS["pools"])
    assert settings_of(manifests, "night").yahoo_base_url == "http://yahoo.example"
    assert settings_of(manifests, "day-time").yahoo_base_url is None


def test_the_api_gets_further_variables(chart: Chart) -> None:
    manifests = chart(SETS["external"])
    assert manifests.environment(manifests.pod("api"))["PYTHONWARNINGS"] == "default"
