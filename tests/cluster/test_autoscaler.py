"""Kubernetes' own autoscaler on what the chart renders in mode `hpa`, with the work that a test says there is."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.cluster.external_metrics import VERSION, ExternalMetrics, external_metrics
from tests.cluster.kube import Cluster
from tests.cluster.release import Release
from tests.cluster.test_field_owners import POOL, scale_by_kubectl, scale_by_script
from tests.cluster.values import secrets, with_servers

pytestmark = pytest.mark.cluster

VALUES = with_servers(
    pools={
        POOL: {
            "service": POOL,
            "threads": 4,
            "autoscaling": {"mode": "hpa", "minReplicas": 1, "maxReplicas": 6, "objectiveSeconds": 300},
        }
    }
)
#: Seconds of outstanding work that a pod may have: half of what 4 threads do in 300 s.
TARGET = 600


@pytest.fixture(scope="module")
def metrics(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExternalMetrics]:
    if not is_here(cluster):
        pytest.skip("this cluster's API server is not on this machine, and could not ask it for metrics")
    if VERSION in cluster.kubectl("api-versions").split():
        pytest.skip("this cluster has a source of external metrics, which is not to be replaced")
    with external_metrics(cluster, tmp_path_factory.mktemp("external-metrics")) as metrics:
        yield metrics


def is_here(cluster: Cluster) -> bool:
    """Whether its API server has an address of this machine."""
    clusters = json.loads(cluster.kubectl("config", "view", "--minify", "--output", "json"))["clusters"]
    host = urlsplit(clusters[0]["cluster"]["server"]).hostname or ""
    try:
        socket.create_server((host, 0)).close()
    except OSError:
        return False
    return True


class Pool:
    def __init__(self, release: Release, metrics: ExternalMetrics) -> None:
        self.release = release
        self._metrics = metrics

    def has_work(self, seconds: int | None) -> None:
        """None: the source does not know."""
        key = (self.release.namespace.name, f"queue={POOL}")
        if seconds is None:
            del self._metrics.values[key]
        else:
            self._metrics.values[key] = seconds

    def gets(self, replicas: int) -> None:
        what = f"there are {replicas} pods"
        self.release.namespace.eventually(lambda: self.release.replicas(POOL) == replicas, what)

    def condition(self, kind: str) -> str:
        found = self.release.namespace.get("hpa", self.release.deployment(POOL))["status"].get("conditions", ())
        return next((one["reason"] for one in found if one["type"] == kind), "")

    def says(self, kind: str, reason: str) -> None:
        self.release.namespace.eventually(lambda: self.condition(kind) == reason, f"the autoscaler says {reason}")


@pytest.fixture
def pool(release: Release, metrics: ExternalMetrics) -> Pool:
    release.namespace.create(*secrets())
    pool = Pool(release, metrics)
    pool.has_work(0)
    release.install(VALUES)
    pool.says("ScalingActive", "ValidMetricFound")
    return pool


def test_a_pool_gets_the_pods_that_its_work_asks_for_and_no_more_than_its_maximum(pool: Pool) -> None:
    pool.has_work(2 * TARGET + 1)
    pool.gets(3)
    pool.has_work(1000 * TARGET)
    pool.gets(6)


def test_while_nobody_knows_the_work_the_pods_stay(pool: Pool) -> None:
    pool.has_work(3 * TARGET)
    pool.gets(3)
    pool.has_work(None)
    pool.says("ScalingActive", "FailedGetExternalMetric")
    assert pool.release.replicas(POOL) == 3


def test_pods_stay_for_a_while_when_the_work_has_gone(pool: Pool) -> None:
    pool.has_work(3 * TARGET)
    pool.gets(3)
    pool.has_work(0)
    pool.says("AbleToScale", "ScaleDownStabilized")
    assert pool.release.replicas(POOL) == 3


def test_kubectl_scale_is_undone_and_the_script_is_not(pool: Pool) -> None:
    pool.has_work(3 * TARGET)
    pool.gets(3)
    scale_by_kubectl(pool.release, 1)
    pool.gets(3)
    scale_by_script(pool.release, "2")
    pool.gets(2)
    scale_by_script(pool.release, "auto")
    pool.gets(3)


def test_an_upgrade_in_the_middle_leaves_the_number_to_the_autoscaler(pool: Pool) -> None:
    pool.has_work(3 * TARGET)
    pool.gets(3)
    pool.release.upgrade({**VALUES, "settings": {"logFormat": "console"}})
    assert pool.release.replicas(POOL) == 3
