"""The values are a contract: closed, described, with defaults that are true."""

import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from jsonschema import Draft7Validator

from canslim_infra.settings import Settings
from tests.chart.rendering import CHART, HELMS, METADATA, SERVERS, SETS, Chart, HelmError, helm
from tools.chart_readme import README, render

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
#: What the chart sets by itself, from other values or as a constant.
SET_BY_THE_CHART = {
    *("DATABASE_URL", "REDIS_URL", "ADMIN_TOKEN", "API_HOST", "API_PORT", "METRICS_PORT", "DRAIN_SECONDS"),
    *("PROVIDER", "UNIVERSE", "LOG_FORMAT", "OTLP_ENDPOINT", "FILES_DIR", "COLLECTOR_THREADS", "SCORING_THREADS"),
    *("SYNTHETIC_SYMBOLS", "SYNTHETIC_LATENCY_MS", "SYNTHETIC_FAILURE_RATE", "YAHOO_REQUESTS_PER_SECOND"),
    *("YAHOO_BURST", "YAHOO_IN_FLIGHT", "YAHOO_TIMEOUT_SECONDS"),
}
#: What only the command line reads.
OF_THE_COMMAND = {"API_URL", "DATA_DIR"}


def schemas(schema: object, path: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """All schemas within one, with where they are."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from schemas(item, f"{path}[{index}]")
    elif isinstance(schema, dict):
        yield path, schema
        for key in ("properties", "definitions"):
            for name, inner in schema.get(key, {}).items():
                yield from schemas(inner, f"{path}.{name}")
        for key in ("items", "additionalProperties", "anyOf", "allOf"):
            if key in schema:
                yield from schemas(schema[key], f"{path}.{key}")


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return SCHEMA["definitions"].get(name, {}) | schema


def defaults(schema: dict[str, Any]) -> Any:
    """What the schema says is in values.yaml."""
    if "default" in schema:
        return schema["default"]
    return {name: defaults(resolve(inner)) for name, inner in schema["properties"].items()}


def test_no_object_is_open() -> None:
    """Either it names its keys and refuses others, or it is a map whose values have a type."""
    open_ones = [
        path
        for path, schema in schemas(SCHEMA)
        if schema.get("type") == "object"
        and not (schema.get("additionalProperties") is False and "properties" in schema)
        and not {"type", "$ref"} & set(schema.get("additionalProperties") or ())
    ]
    assert open_ones == []


def test_every_key_has_a_type_and_a_description() -> None:
    bare = [
        f"{path}.{name}"
        for path, schema in schemas(SCHEMA)
        for name, key in schema.get("properties", {}).items()
        if not ({"type", "$ref"} & set(key) and key.get("description", "").endswith("."))
        and not key.get("$ref", "").endswith(("Term", "labelSelector"))
    ]
    assert bare == []


def test_the_schemas_defaults_are_those_of_the_values() -> None:
    # Helm itself gives every chart the key `global`.
    assert defaults(SCHEMA) == DEFAULTS | {"global": {}}


def test_every_reference_leads_somewhere_and_every_definition_is_used() -> None:
    used = set(re.findall(r'"#/definitions/([^"]+)"', json.dumps(SCHEMA)))
    assert used == set(SCHEMA["definitions"])


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == Draft7Validator.META_SCHEMA["$schema"]


def test_the_defaults_lack_nothing_but_servers() -> None:
    assert list(Draft7Validator(SCHEMA).iter_errors(DEFAULTS)) == []
    assert list(Draft7Validator(SCHEMA).iter_errors(DEFAULTS | SERVERS)) == []


def test_the_sets_use_every_switch() -> None:
    switches = {
        path.removeprefix("$.")
        for path, schema in schemas(SCHEMA)
        if schema.get("type") == "boolean" and not path.startswith("$.definitions")
    }

    def changed(values: dict[str, Any], usual: dict[str, Any], path: str = "") -> Iterator[str]:
        for key, value in values.items():
            if isinstance(value, dict) and isinstance(usual.get(key), dict):
                yield from changed(value, usual[key], f"{path}{key}.")
            elif value != usual.get(key):
                yield f"{path}{key}"

    assert switches <= {key for values in SETS.values() for key in changed(values, DEFAULTS)}


def test_the_readme_lists_the_values_as_they_are() -> None:
    assert README.read_text() == render(README.read_text()), "run python -m tools.chart_readme"


def test_the_readme_lists_every_value() -> None:
    for path, schema in schemas({"properties": SCHEMA["properties"]}):
        if "default" in schema and "[" not in path:
            assert f"| `{path.removeprefix('$.')}` |" in README.read_text()


@pytest.mark.parametrize(
    ("value", "setting"),
    [
        ("settings.provider", "provider"),
        ("settings.logFormat", "log_format"),
        ("settings.yahoo.requestsPerSecond", "yahoo_requests_per_second"),
        ("settings.yahoo.burst", "yahoo_burst"),
        ("settings.yahoo.inFlight", "yahoo_in_flight"),
        ("settings.yahoo.timeoutSeconds", "yahoo_timeout_seconds"),
        ("settings.synthetic.symbols", "synthetic_symbols"),
        ("settings.synthetic.latencyMs", "synthetic_latency_ms"),
        ("settings.synthetic.failureRate", "synthetic_failure_rate"),
    ],
)
def test_a_value_has_the_default_and_the_bounds_of_its_setting(value: str, setting: str) -> None:
    schema = SCHEMA
    for key in value.split("."):
        schema = schema["properties"][key]
    field = Settings.model_json_schema()["properties"][setting]
    shared = ("default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    assert {key: schema.get(key) for key in shared} == {key: field.get(key) for key in shared}
    assert set(schema.get("enum", ())) == set(field.get("enum", ()))


def test_every_setting_can_be_set_in_one_place() -> None:
    allowed = {name.removeprefix("CANSLIM_") for name in _enumerated(SCHEMA["definitions"]["env"]["propertyNames"])}
    every = {name.upper() for name in Settings.model_fields}
    assert allowed == every - SET_BY_THE_CHART - OF_THE_COMMAND


def _enumerated(names: dict[str, Any]) -> list[str]:
    (found,) = (choice["enum"] for choice in names["anyOf"] if "enum" in choice)
    return found


def test_the_threads_allowed_are_those_of_the_settings() -> None:
    fields = Settings.model_json_schema()["properties"]
    most = max(found["maximum"] for found in fields["collector_threads"]["anyOf"] if "maximum" in found)
    assert SCHEMA["properties"]["poolDefaults"]["properties"]["collector"]["properties"]["threads"]["maximum"] == most


TYPOS = {
    "databse": {"existingSecret": "x"},
    "database": {"existingSecrets": "x"},
    "settings": {"provider": "yaho"},
    "images": {"api": {"repo": "x"}},
    "drainSeconds": "180s",
    "api": {"autoscaling": {"enable": True}},
    "pools": {"collector": {"autoscaling": {"mode": "KEDA"}}},
    "poolDefaults": {"collector": {"thread": 3}},
    "migration": {"hooks": True},
    "refresh": {"schedule": "nightly"},
    "networkPolicy": {"dns": {"to": []}},
    "monitoring": {"podMonitor": {"interval": "15"}},
    "commonLabels": {"app.kubernetes.io/name": "mine"},
    "imagePullSecrets": [{"name": "pull"}],
    "valkey": {"storage": {"size": "big"}},
    "extraObjects": [{"kind": "ConfigMap"}],
    "adminToken": {"key": "a/b"},
    "prometheus": {"url": "prometheus:9090"},
    "fullnameOverride": "Screener",
}


@pytest.mark.parametrize("helm_name", HELMS)
@pytest.mark.parametrize("key", TYPOS)
def test_a_wrong_value_is_refused_by_name(chart: Chart, helm_name: str, key: str) -> None:
    # A label's own name is all that Helm 4 says of a wrong one.
    named = rf"({key}|app.kubernetes.io/name)"
    with pytest.raises(HelmError, match=rf"values don't meet[\s\S]*{named}"):
        chart(SERVERS | {key: TYPOS[key]}, helm_name=helm_name)


#: What Kubernetes would refuse, or only find out when a pod starts.
IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "an image of two words": {"images": {"registry": "my registry"}},
    "an image without a name": {"images": {"api": {"repository": "a//b"}}},
    "an image of no host": {"images": {"api": {"repository": "a_b:5000/api"}}},
    "less than nothing": {"api": {"resources": {"requests": {"cpu": -1}}}},
    "a storage class of two lines": {"valkey": {"storage": {"className": "a\nb"}}},
    "an ingress class in capitals": {"api": {"ingress": {"className": "Nginx"}}},
    "a host with an empty part": {"api": {"ingress": {"host": "a..b"}}},
    "a secret's name with an empty part": {"database": {"existingSecret": "a..b"}},
    "a label of nobody": {"commonLabels": {"a..b/c": "x"}},
    "a place that is no label": {
        "api": {"topologySpread": [{"topologyKey": "a b", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}]}
    },
    "an address beside a selector": {
        "networkPolicy": {"dns": {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}}
    },
    "a time zone of two words": {"refresh": {"timeZone": "New York"}},
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_kubernetes_would_refuse_the_schema_does(chart: Chart, what: str) -> None:
    with pytest.raises(HelmError, match="values don't meet"):
        chart(SERVERS | IMPOSSIBLE[what])


@pytest.mark.parametrize(
    "name",
    ["CANSLIM_DRAIN_SECONDS", "CANSLIM_REDIS_URL", "CANSLIM_COLLECTOR_THREADS", "CANSLIM_YAHO_BURST", "1A", "A-B"],
)
def test_a_variable_that_the_chart_sets_or_nobody_knows_is_refused(chart: Chart, name: str) -> None:
    with pytest.raises(HelmError, match="values don't meet"):
        chart(SERVERS | {"pools": {"collector": {"env": {name: "1"}}}})


@pytest.mark.parametrize("name", ["Fetch", "1fetch", "fetch-", "a" * 21, "fetch_all"])
def test_a_pools_name_must_fit_into_names(chart: Chart, name: str) -> None:
    with pytest.raises(HelmError, match="values don't meet"):
        chart(SERVERS | {"pools": {name: {"service": "collector"}}})


def test_the_version_is_the_projects() -> None:
    project = (CHART.parents[1] / "pyproject.toml").read_text()
    assert f'\nversion = "{METADATA["appVersion"]}"\n' in project


def test_the_package_holds_what_is_used_and_nothing_else(helm_home: Path, tmp_path: Path) -> None:
    helm("helm4", "package", str(CHART), "--destination", str(tmp_path), home=helm_home)
    (package,) = tmp_path.iterdir()
    with tarfile.open(package) as archive:
        held = {name.removeprefix("canslim/") for name in archive.getnames()}
    top = {"Chart.yaml", "README.md", "values.yaml", "values.schema.json", ".helmignore"}
    folders = {path for name in ("templates", "dashboards", "rules") for path in (CHART / name).rglob("*")}
    assert held == top | {str(path.relative_to(CHART)) for path in folders if path.is_file()}
    assert package.name == f"canslim-{METADATA['version']}.tgz"
    assert package.stat().st_size < 300_000


def test_every_provider_is_one_that_the_settings_know() -> None:
    enum = SCHEMA["properties"]["settings"]["properties"]["provider"]["enum"]
    assert set(enum) == set(get_args(Settings.model_fields["provider"].annotation))
