"""What Compose gives Grafana, by Grafana's documentation; Grafana itself comes in no package, so it is not started.

https://grafana.com/docs/grafana/v11.6/administration/provisioning
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
GRAFANA: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["grafana"]
#: Where things are in Grafana's image, by what is mounted there.
MOUNTED = {where: source for source, where, _ in (mount.split(":") for mount in GRAFANA["volumes"])}
TEXT, TRUTH, NUMBER = {"type": "string", "minLength": 1}, {"type": "boolean"}, {"type": "integer"}


def described(**properties: Any) -> dict[str, Any]:
    required = [name.removesuffix("_") for name in properties if name.endswith("_")]
    named = {name.removesuffix("_"): value for name, value in properties.items()}
    return {"type": "object", "properties": named, "required": required, "additionalProperties": False}


def several(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


#: The documented keys; those with an underscore behind them must be there.
SOURCES = described(
    apiVersion_={"const": 1},
    prune=TRUTH,
    datasources_=several(
        described(
            name_=TEXT, type_=TEXT, access_={"enum": ["proxy", "direct"]}, url=TEXT, uid=TEXT, orgId=NUMBER,
            isDefault=TRUTH, editable=TRUTH, version=NUMBER, basicAuth=TRUTH, withCredentials=TRUTH,
            jsonData={"type": "object"},
        )
    ),
)  # fmt: skip
PROVIDERS = described(
    apiVersion_={"const": 1},
    providers_=several(
        described(
            name_=TEXT, orgId=NUMBER, folder=TEXT, folderUid=TEXT, type={"const": "file"}, disableDeletion=TRUTH,
            updateIntervalSeconds=NUMBER, allowUiUpdates=TRUTH,
            options_=described(path_=TEXT, foldersFromFilesStructure=TRUTH),
        )
    ),
)  # fmt: skip
FILES = {"datasource.yaml": SOURCES, "dashboards.yaml": PROVIDERS}


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / "compose" / "grafana" / name).read_text())


@pytest.mark.parametrize("name", FILES)
def test_a_file_has_the_keys_that_are_documented(name: str) -> None:
    assert [error.message for error in Draft202012Validator(FILES[name]).iter_errors(load(name))] == []


@pytest.mark.parametrize(("kind", "name"), [("datasources", "datasource.yaml"), ("dashboards", "dashboards.yaml")])
def test_a_file_is_where_grafana_looks(kind: str, name: str) -> None:
    (where,) = (where for where, source in MOUNTED.items() if source == f"./compose/grafana/{name}")
    assert where.startswith(f"/etc/grafana/provisioning/{kind}/")
    assert where.endswith((".yaml", ".yml"))


def test_the_dashboards_are_those_of_the_chart_and_not_under_a_folder_that_starts_empty() -> None:
    (provider,) = load("dashboards.yaml")["providers"]
    where = provider["options"]["path"]
    assert MOUNTED[where] == "./charts/canslim/dashboards"
    assert not any(where.startswith(mount.partition(":")[0] + "/") for mount in GRAFANA["tmpfs"])


def test_the_dashboards_find_a_source_of_the_kind_that_they_ask_for() -> None:
    (source,) = load("datasource.yaml")["datasources"]
    for path in (ROOT / "charts" / "canslim" / "dashboards").glob("*.json"):
        asked = [one for one in json.loads(path.read_text())["templating"]["list"] if one["type"] == "datasource"]
        assert [one["query"] for one in asked] == [source["type"]], path.name


def test_it_writes_only_where_it_may_and_fetches_nothing() -> None:
    assert GRAFANA["read_only"]
    assert {mount.partition(":")[0] for mount in GRAFANA["tmpfs"]} == {"/tmp", "/var/lib/grafana"}
    assert GRAFANA["environment"]["GF_PLUGINS_PREINSTALL_DISABLED"] == "true"
    assert GRAFANA["environment"]["GF_ANALYTICS_CHECK_FOR_UPDATES"] == "false"
