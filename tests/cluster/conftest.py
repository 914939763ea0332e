"""The cluster that KUBECONFIG names, and namespaces in it that are gone after the test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chart.conftest import chart, helm_home
from tests.chart.rendering import HELMS
from tests.cluster.fake_node import FakeNode, fake_node
from tests.cluster.kube import Cluster, CommandError, Namespace
from tests.cluster.release import Release

__all__ = ["chart", "helm_home"]  # Fixtures that are the same here.


@pytest.fixture(scope="session")
def api() -> Cluster:
    kubeconfig = os.environ.get("KUBECONFIG")
    if not kubeconfig:
        pytest.skip("KUBECONFIG names no cluster; docs/cluster-tests.md says how to have one")
    cluster = Cluster(kubeconfig)
    try:
        cluster.kubectl("version")
    except CommandError as error:
        pytest.skip(f"the cluster that KUBECONFIG names does not answer: {error}")
    return cluster


@pytest.fixture(scope="session")
def node(api: Cluster) -> Iterator[FakeNode | None]:
    """None where the cluster has nodes of its own."""
    if api.runs_containers:
        yield None
    else:
        with fake_node(api) as node:
            yield node


@pytest.fixture
def without_containers(node: FakeNode | None) -> Iterator[FakeNode]:
    """The node, for tests that decide what becomes of pods."""
    if node is None:
        pytest.skip("this cluster has nodes, and what their pods do can't be decided")
    yield node
    node.held.clear()
    node.failing.clear()


@pytest.fixture(scope="session")
def cluster(api: Cluster, node: FakeNode | None) -> Cluster:
    """With a node, so that pods come up."""
    return api


@pytest.fixture
def containers(cluster: Cluster) -> None:
    if not cluster.runs_containers:
        pytest.skip("this cluster runs no containers")


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[Namespace]:
    with cluster.temporary_namespace() as namespace:
        yield namespace


@pytest.fixture(params=HELMS)
def helm_name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def release(namespace: Namespace, helm_name: str, tmp_path: Path) -> Release:
    return Release(namespace, helm_name, tmp_path)
