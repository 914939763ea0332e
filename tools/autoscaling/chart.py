"""Renders the chart, so that what is simulated is what is installed."""

import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tools.autoscaling.adapter import read_adapter
from tools.autoscaling.manifests import Object, read_pools, scrape_seconds
from tools.autoscaling.simulation import Cluster

ROOT: Final = Path(__file__).parents[2]
CHART: Final = ROOT / "charts/canslim"
ADAPTER: Final = ROOT / "k8s/monitoring/prometheus-adapter.yaml"
NAMESPACE: Final = "canslim"
#: What the cluster has beside Kubernetes.
APIS: Final = ("keda.sh/v1alpha1", "monitoring.coreos.com/v1")


def render(values: Mapping[str, Any]) -> list[Object]:
    """The objects of an installation with these values. Raises RuntimeError with helm's own message."""
    helm = shutil.which("helm4", path=ROOT / ".tools/bin") or shutil.which("helm")
    if helm is None:
        raise RuntimeError("helm is not installed: `make tools` brings it")
    command = [helm, "template", "canslim", str(CHART), "--namespace", NAMESPACE, "--values", "-"]
    command += [part for api in APIS for part in ("--api-versions", api)]
    done = subprocess.run(  # noqa: S603 - our own chart.
        command, input=yaml.safe_dump(dict(values)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [one for one in yaml.safe_load_all(done.stdout) if one]


@cache
def cluster(mode: str, provider: str = "sample") -> Cluster:
    """An installation whose pools all scale in this mode."""
    values = {
        "settings": {"provider": provider},
        "database": {"existingSecret": "database"},
        "redis": {"existingSecret": "redis"},
        "prometheus": {"url": "http://prometheus.monitoring:9090"},
        "monitoring": {"podMonitor": {"enabled": True}},
        "pools": {name: {"service": name, "autoscaling": {"mode": mode}} for name in ("collector", "scoring")},
    }
    objects = render(values)
    adapter = read_adapter(yaml.safe_load(ADAPTER.read_text()))
    return Cluster(tuple(read_pools(objects, NAMESPACE)), scrape_seconds(objects), adapter)


@cache
def objective(queue: str) -> float:
    """Seconds that a task may wait, as the chart's values promise."""
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())["poolDefaults"]
    return float(defaults[queue]["autoscaling"]["objectiveSeconds"])
