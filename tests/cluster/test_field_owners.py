"""Who owns the number of pods, in each mode of a pool: values, `kubectl scale`, an autoscaler, k8s/scale.sh."""

from typing import Any

import pytest

from tests.cluster.kube import ROOT, Cluster, CommandError, Namespace
from tests.cluster.release import Release
from tests.cluster.values import secrets, with_servers
from tests.programs import program

pytestmark = pytest.mark.cluster

POOL = "collector"
PAUSED = "autoscaling.keda.sh/paused-replicas"
FIXED = with_servers(pools={POOL: {"service": POOL, "replicas": 2}})
HPA = with_servers(pools={POOL: {"service": POOL, "autoscaling": {"mode": "hpa", "minReplicas": 2, "maxReplicas": 6}}})
KEDA = with_servers(pools={POOL: {"service": POOL, "autoscaling": {"mode": "keda"}}})


def changed(values: dict[str, Any]) -> dict[str, Any]:
    """The same with another template of pods, so that an upgrade has something to do."""
    return {**values, "settings": {"logFormat": "console"}}


@pytest.fixture
def keda(cluster: Cluster) -> None:
    if "scaledobjects.keda.sh" not in cluster.kinds:
        pytest.skip("this cluster has no scaledobjects.keda.sh")


@pytest.fixture
def release(release: Release) -> Release:
    release.namespace.create(*secrets())
    return release


@pytest.fixture
def helm4(release: Release, helm_name: str) -> Release:
    if helm_name != "helm4":
        pytest.skip("Helm 3 sees no owners")
    return release


def scale_by_kubectl(release: Release, number: int) -> None:
    release.namespace.kubectl("scale", f"deployment/{release.deployment(POOL)}", f"--replicas={number}")


def scale_by_script(release: Release, number: str) -> str:
    """As `make scale` does."""
    path = f"{program('kubectl').parent}:/usr/bin:/bin"
    return release.namespace.cluster.run(
        ["/bin/sh", str(ROOT / "k8s" / "scale.sh"), POOL, number],
        PATH=path,
        RELEASE=release.name,
        NAMESPACE=release.namespace.name,
    )


def test_fixed_an_upgrade_sets_the_number_of_the_values(release: Release, helm_name: str) -> None:
    release.install(FIXED)
    scale_by_kubectl(release, 5)
    force = ["--force-conflicts"] if helm_name == "helm4" else []
    release.upgrade(changed(FIXED), *force)
    assert release.replicas(POOL) == 2


def test_fixed_helm_4_names_who_else_has_set_it(helm4: Release) -> None:
    helm4.install(FIXED)
    scale_by_kubectl(helm4, 5)
    with pytest.raises(CommandError, match=r'conflict with "kubectl".*\n*.*\.spec\.replicas'):
        helm4.upgrade(changed(FIXED))
    assert helm4.replicas(POOL) == 5


def test_fixed_an_upgrade_to_the_number_that_was_scaled_to_is_no_conflict(helm4: Release) -> None:
    helm4.install(FIXED)
    scale_by_kubectl(helm4, 5)
    helm4.upgrade(with_servers(pools={POOL: {"service": POOL, "replicas": 5}}))
    assert helm4.replicas(POOL) == 5


def test_hpa_an_upgrade_leaves_the_number_alone(release: Release) -> None:
    release.install(HPA)
    scale_by_kubectl(release, 4)
    release.upgrade(changed(HPA))
    assert release.replicas(POOL) == 4


def test_keda_an_upgrade_leaves_the_number_alone(release: Release, keda: None) -> None:
    release.install(KEDA)
    scale_by_kubectl(release, 4)
    release.upgrade(changed(KEDA))
    assert release.replicas(POOL) == 4


def test_fixed_the_script_scales_the_deployment(release: Release) -> None:
    release.install(FIXED)
    scale_by_script(release, "4")
    assert release.replicas(POOL) == 4


def test_hpa_the_script_bounds_the_autoscaler_and_gives_it_back(release: Release) -> None:
    release.install(HPA)
    name = release.deployment(POOL)
    scale_by_script(release, "4")
    pinned = release.namespace.get("hpa", name)["spec"]
    assert (pinned["minReplicas"], pinned["maxReplicas"]) == (4, 4)
    release.namespace.eventually(lambda: release.replicas(POOL) == 4, "the autoscaler follows")
    scale_by_script(release, "auto")
    free = release.namespace.get("hpa", name)["spec"]
    assert (free["minReplicas"], free["maxReplicas"]) == (2, 6)


def test_hpa_helm_4_names_who_has_bounded_it(helm4: Release) -> None:
    helm4.install(HPA)
    scale_by_script(helm4, "4")
    with pytest.raises(CommandError, match='conflicts with "kubectl-patch"'):
        helm4.upgrade(changed(HPA))
    helm4.upgrade(changed(HPA), "--force-conflicts")
    assert helm4.namespace.get("hpa", helm4.deployment(POOL))["spec"]["maxReplicas"] == 6


def test_hpa_what_was_given_back_is_no_conflict(helm4: Release) -> None:
    helm4.install(HPA)
    scale_by_script(helm4, "4")
    scale_by_script(helm4, "auto")
    helm4.upgrade(changed(HPA))


def test_keda_the_script_pauses_and_an_upgrade_leaves_the_pause(release: Release, keda: None) -> None:
    release.install(KEDA)
    name = release.deployment(POOL)
    scale_by_script(release, "4")
    release.upgrade(changed(KEDA))
    assert release.namespace.get("scaledobjects.keda.sh", name)["metadata"]["annotations"][PAUSED] == "4"
    scale_by_script(release, "auto")
    assert PAUSED not in release.namespace.get("scaledobjects.keda.sh", name)["metadata"].get("annotations", {})


def test_a_pool_given_to_an_autoscaler_starts_with_one_pod(release: Release) -> None:
    """What nobody sets any more is 1 for Kubernetes, until the autoscaler looks; docs/operating.md says so."""
    release.install(with_servers(pools={POOL: {"service": POOL, "replicas": 4}}))
    release.upgrade(HPA)
    release.namespace.eventually(lambda: release.replicas(POOL) == 2, "the autoscaler has brought it to its minimum")


def test_the_script_names_the_pools_that_there_are(namespace: Namespace, release: Release) -> None:
    release.install(FIXED)
    with pytest.raises(CommandError, match=r"there is no pool 'night'.*collector.*scoring"):
        namespace.cluster.run(
            ["/bin/sh", str(ROOT / "k8s" / "scale.sh"), "night", "2"],
            PATH=f"{program('kubectl').parent}:/usr/bin:/bin",
            NAMESPACE=namespace.name,
        )
