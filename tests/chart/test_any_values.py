"""Whatever the schema lets through makes objects that Kubernetes accepts, and says what was meant."""

import json
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.chart.rendering import Chart, with_servers
from tests.chart.schemas import MODELS, problems

#: Characters that YAML, Helm and shells give a meaning to.
TRICKY = "aZ09 :#'\"{}[]|>&*!%@`,-?\\/$\n\t~=<.é"
TEXT = st.one_of(
    st.text(TRICKY, max_size=20),
    st.sampled_from(
        ["yes", "null", "~", "1e3", "0x10", "1_000", "{{ .Values }}", "- a: b", "a: b", "# c", "010", "'", '"', "on"]
    ),
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True).filter(
    lambda name: not name.startswith("CANSLIM_")
)
LABELS = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True)
KEYS = st.sampled_from(["team", "example.org/owner", "on", "y", "null", "1", "a.b"])
POOLS = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True).filter(
    lambda name: (
        name not in {"api", "test", "collector", "scoring", "network", "database", "settings", "refresh", "valkey"}
    )
)
VALUES = st.fixed_dictionaries(
    {
        "universe": TEXT,
        "env": st.dictionaries(NAMES, TEXT, max_size=3),
        "annotations": st.dictionaries(KEYS, TEXT, max_size=3),
        "labels": st.dictionaries(KEYS, LABELS, max_size=3),
        "nodes": st.dictionaries(KEYS, LABELS, max_size=2),
        "folder": TEXT.filter(bool),
        "pool": POOLS,
        "replicas": st.integers(0, 10_000_000),
        "threads": st.integers(1, 64),
        "rate": st.floats(0.05, 10_000),
        "mode": st.sampled_from(["fixed", "hpa", "keda"]),
    }
)


@given(drawn=VALUES)
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    # A render takes a tenth of a second, so that making a failing example smaller takes minutes.
    phases=[Phase.generate],
    report_multiple_bugs=False,
)
def test_any_values_make_valid_objects(chart: Chart, drawn: dict[str, Any]) -> None:
    pool = {"service": "collector", "threads": drawn["threads"], "env": drawn["env"], "nodeSelector": drawn["nodes"]}
    pool |= {"podAnnotations": drawn["annotations"], "autoscaling": {"mode": drawn["mode"]}}
    if drawn["mode"] == "fixed":
        pool["replicas"] = drawn["replicas"]
    manifests = chart(
        with_servers(
            commonLabels=drawn["labels"],
            settings={
                "provider": "yahoo",
                "universe": drawn["universe"],
                "yahoo": {"requestsPerSecond": drawn["rate"]},
            },
            api={"env": drawn["env"], "podAnnotations": drawn["annotations"]},
            pools={drawn["pool"]: pool},
            monitoring={"dashboards": {"enabled": True, "folder": drawn["folder"]}},
        )
    )
    core = [found for found in manifests.objects if found["apiVersion"] not in MODELS]
    assert {found["metadata"]["name"]: wrong for found in core if (wrong := problems(found, "1.34"))} == {}
    environ = manifests.environment(manifests.pod(drawn["pool"]))
    assert drawn["env"].items() <= environ.items()
    assert environ.get("CANSLIM_UNIVERSE", "") == drawn["universe"]
    assert float(environ["CANSLIM_YAHOO_REQUESTS_PER_SECOND"]) == drawn["rate"]
    pod = manifests.pod(drawn["pool"])
    assert drawn["annotations"].items() <= pod.metadata["annotations"].items()
    assert drawn["nodes"] == pod.spec.get("nodeSelector", {})
    assert drawn["labels"].items() <= pod.labels.items()
    if drawn["mode"] == "fixed":
        assert manifests.one("Deployment", f"canslim-{drawn['pool']}")["spec"]["replicas"] == drawn["replicas"]
    folders = {found["metadata"].get("annotations", {}).get("grafana_folder") for found in manifests.all("ConfigMap")}
    assert folders - {None} <= {drawn["folder"]}
    assert json.dumps(manifests.objects)
