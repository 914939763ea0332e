"""What an upgrade can't change: `python -m tests.chart.immutable` records it in immutable.json."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.chart.rendering import CHART, SETS, Chart, Manifests

RECORD = Path(__file__).with_name("immutable.json")


def immutable(manifests: Manifests) -> dict[str, Any]:
    """The fields of each object that Kubernetes refuses to change, by kind and name."""
    fields = {
        "Deployment": lambda spec: {"selector": spec["selector"]},
        "StatefulSet": lambda spec: {
            "selector": spec["selector"],
            "serviceName": spec["serviceName"],
            "volumeClaimTemplates": spec["volumeClaimTemplates"],
        },
    }
    return {
        f"{found['kind']}/{found['metadata']['name']}": fields.get(found["kind"], lambda _: {})(found.get("spec"))
        for found in manifests.objects
        # A job's name holds its hash; dashboards come and go.
        if found["kind"] != "Job" and "grafana_dashboard" not in found["metadata"].get("labels", {})
    }


def values_of() -> dict[str, str]:
    """The type of every value, by its path."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    return dict(_types(schema["properties"], schema["definitions"], ""))


def _types(properties: dict[str, Any], definitions: dict[str, Any], path: str) -> list[tuple[str, str]]:
    found = []
    for name, written in properties.items():
        value = definitions.get(written.get("$ref", "").rpartition("/")[2], {}) | written
        found.append((f"{path}{name}", json.dumps(value["type"])))
        if "default" not in value:
            found += _types(value["properties"], definitions, f"{path}{name}.")
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        chart = Chart(CHART, Path(home))
        objects = {name: immutable(chart(values)) for name, values in SETS.items()}
    record = {"objects": objects, "values": values_of()}
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
