"""What an upgrade can't change: `python -m tests.chart.immutable` records it once for each version of the chart."""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from tests.chart.rendering import CHART, METADATA, SETS, Chart, Manifests, Object

RELEASED = Path(__file__).with_name("released")
#: Of a StatefulSet these can be changed, as https://kubernetes.io/docs/concepts/workloads/controllers/statefulset says.
CHANGEABLE_SET = {
    *("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "minReadySeconds"),
    "persistentVolumeClaimRetentionPolicy",
}
#: Of a Job, these.
CHANGEABLE_JOB = {"parallelism", "activeDeadlineSeconds", "backoffLimit", "suspend", "ttlSecondsAfterFinished"}
#: Of a claim, these; its size may only grow.
CHANGEABLE_CLAIM = {"resources", "volumeAttributesClassName"}


def immutable(manifests: Manifests) -> dict[str, Any]:
    """The fields of each object that Kubernetes refuses to change, by kind and name."""
    return {
        f"{found['kind']}/{found['metadata']['name']}": fixed(found)
        for found in manifests.objects
        # Dashboards come and go.
        if "grafana_dashboard" not in found["metadata"].get("labels", {})
    }


def fixed(found: Object) -> Object:
    spec = found.get("spec", {})
    match found["kind"]:
        case "Deployment":
            return {"selector": spec["selector"]}
        case "StatefulSet":
            return {key: value for key, value in spec.items() if key not in CHANGEABLE_SET}
        case "Job":
            # A hook's job is deleted before the next one is made.
            deleted = "before-hook-creation" in found["metadata"].get("annotations", {}).get(
                "helm.sh/hook-delete-policy", ""
            )
            return {} if deleted else {key: value for key, value in spec.items() if key not in CHANGEABLE_JOB}
        case "PersistentVolumeClaim":
            return {key: value for key, value in spec.items() if key not in CHANGEABLE_CLAIM}
        case "Service":
            # A service without an address of its own can't get one, nor the other way round.
            return {"headless": spec.get("clusterIP") == "None"}
        case "Secret":
            return {"type": found.get("type", "Opaque")}
        case _:
            return {}


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


def digest(record: Path) -> str:
    return hashlib.sha256(record.read_bytes()).hexdigest()


def record(chart: Chart, folder: Path, version: str) -> Path:
    """Writes what the chart has now as this version's. Raises FileExistsError: what was released stays as it was."""
    sets = {name: {"values": values, "objects": immutable(chart(values))} for name, values in SETS.items()}
    path = folder / f"{version}.json"
    with path.open("x") as file:
        file.write(json.dumps({"sets": sets, "types": values_of()}, indent=1, sort_keys=True) + "\n")
    return path


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        try:
            made = record(Chart(CHART, Path(home)), RELEASED, METADATA["version"])
        except FileExistsError as error:
            raise SystemExit(
                f"{error.filename} is released and stays; a new version of the chart gets its own"
            ) from None
    print(f'for tests/chart/test_upgrade.py: "{made.stem}": "{digest(made)}"')


if __name__ == "__main__":
    main()
