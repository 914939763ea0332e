"""What scanners of configurations find in the rendered chart, beside what we know and want."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.chart.rendering import SETS, Chart
from tests.programs import program

pytestmark = pytest.mark.slow

CHECKOV_ACCEPTED = {
    "CKV_K8S_8": "The pod of `helm test` ends by itself; tests/chart/test_pods.py asks for probes elsewhere.",
    "CKV_K8S_9": "The same.",
    "CKV_K8S_11": "A CPU limit slows a pod down while the node idles; requests divide the CPU.",
    "CKV_K8S_15": "A version's image does not change, so that it need not be pulled again.",
    "CKV_K8S_21": "Who installs chooses the namespace; helm puts it in.",
    "CKV_K8S_35": "The settings are the environment; nothing of it is logged or shown.",
    "CKV_K8S_43": "`images.*.digest` is there for who wants it.",
}
TRIVY_ACCEPTED = {
    "KSV011": "As CKV_K8S_11.",
    "KSV013": "It takes the port of a registry for a tag; tests/chart/test_pods.py looks at tags.",
    "AVD-KSV-01010": "It takes CANSLIM_DRAIN_SECONDS for a secret; tests/chart/test_secrets.py looks for real ones.",
}


@pytest.fixture(params=["everything", "external"])
def manifests(chart: Chart, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Sets that have every kind of object between them."""
    path = tmp_path / "rendered.yaml"
    path.write_text(chart(SETS[request.param]).text)
    return path


def scan(home: Path, *command: str | Path) -> str:
    environ = os.environ | {"HOME": str(home), "BC_SKIP_MAPPING": "TRUE"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120).stdout


def test_checkov_finds_nothing_new(manifests: Path, tmp_path: Path) -> None:
    options = ("--framework", "kubernetes", "--skip-download", "--output", "json", "--file", manifests)
    report = json.loads(scan(tmp_path, program("checkov"), *options))
    assert report["summary"]["passed"] > 50
    found = {(check["check_id"], check["resource"]) for check in report["results"]["failed_checks"]}
    assert {(check, resource) for check, resource in found if check not in CHECKOV_ACCEPTED} == set()
    without_probes = {resource for check, resource in found if check in ("CKV_K8S_8", "CKV_K8S_9")}
    assert all(resource.endswith("-test") for resource in without_probes)


def test_trivy_finds_nothing_new(manifests: Path, tmp_path: Path) -> None:
    options = ("--skip-check-update", "--quiet", "--format", "json", "--cache-dir", tmp_path / "cache")
    report = json.loads(scan(tmp_path, program("trivy"), "config", *options, manifests.parent))
    (result,) = report["Results"]
    assert result["MisconfSummary"]["Successes"] > 30
    found = {(wrong["ID"], wrong["Message"]) for wrong in result["Misconfigurations"]}
    assert {(check, message) for check, message in found if check not in TRIVY_ACCEPTED} == set()
