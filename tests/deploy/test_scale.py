"""k8s/scale.sh with a real kubectl, on the objects that the chart renders, behind a server that keeps them."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.rendering import NAMESPACE, Chart, with_servers
from tests.deploy.api_server import DEPLOYMENT, HPA, KINDS, SCALED_OBJECT, Cluster, Kind, serve
from tests.programs import program

SCRIPT = Path(__file__).parents[2] / "k8s" / "scale.sh"
PAUSED = "autoscaling.keda.sh/paused-replicas"
#: One pool of each mode.
VALUES = with_servers(
    pools={
        "collector": {"autoscaling": {"mode": "keda", "minReplicas": 2}},
        "scoring": {"replicas": 3},
        "night": {"service": "scoring", "autoscaling": {"mode": "hpa", "minReplicas": 2, "maxReplicas": 5}},
    }
)


@dataclass(frozen=True)
class Ran:
    code: int
    said: str


Scale = Callable[..., Ran]


@pytest.fixture
def cluster(chart: Chart) -> Cluster:
    cluster = Cluster(NAMESPACE)
    cluster.add(*(found for found in chart(VALUES).objects if found["kind"] in KINDS))
    return cluster


@pytest.fixture
def scale(cluster: Cluster, tmp_path: Path) -> Iterator[Scale]:
    """Runs the script as an operator whose kubectl knows this cluster."""
    with serve(cluster) as address:
        config = tmp_path / "config"
        config.write_text(yaml.safe_dump(kubeconfig(address)))

        def run(*words: str, **environ: str) -> Ran:
            path = f"{program('kubectl').parent}:{os.environ['PATH']}"
            given = {"PATH": path, "HOME": str(tmp_path), "KUBECONFIG": str(config), **environ}
            ran = subprocess.run(
                ["/bin/sh", SCRIPT, *words], env=given, capture_output=True, text=True, check=False, timeout=60
            )
            return Ran(ran.returncode, ran.stdout + ran.stderr)

        yield run


def kubeconfig(address: str) -> dict[str, Any]:
    context = {"cluster": "there", "user": "who", "namespace": NAMESPACE}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "there",
        "contexts": [{"name": "there", "context": context}],
        "clusters": [{"name": "there", "cluster": {"server": address}}],
        "users": [{"name": "who", "user": {}}],
    }


def bounds(cluster: Cluster) -> tuple[int, int]:
    spec = cluster.one(HPA, "canslim-night")["spec"]
    return spec["minReplicas"], spec["maxReplicas"]


def test_a_fixed_pools_deployment_gets_the_number(cluster: Cluster, scale: Scale) -> None:
    assert scale("scoring", "5") == Ran(0, "deployment.apps/canslim-scoring scaled\n")
    assert cluster.replicas("canslim-scoring") == 5
    assert cluster.changes == ["deployments/canslim-scoring/scale"]


def test_a_fixed_pool_can_be_stopped(cluster: Cluster, scale: Scale) -> None:
    assert scale("scoring", "0").code == 0
    assert cluster.replicas("canslim-scoring") == 0


def test_a_fixed_pool_has_nobody_to_be_given_back_to(cluster: Cluster, scale: Scale) -> None:
    ran = scale("scoring", "auto")
    assert ran == Ran(2, "scale.sh: nothing scales pool scoring (its mode is fixed): give it a number\n")
    assert cluster.changes == []


def test_kedas_pool_is_paused_at_the_number_and_nothing_else_is_touched(cluster: Cluster, scale: Scale) -> None:
    ran = scale("collector", "4")
    assert ran.code == 0
    assert ran.said.endswith("it stays so until: k8s/scale.sh collector auto\n")
    assert cluster.one(SCALED_OBJECT, "canslim-collector")["metadata"]["annotations"] == {PAUSED: "4"}
    assert cluster.changes == ["scaledobjects/canslim-collector"]


def test_a_paused_pool_gets_another_number(cluster: Cluster, scale: Scale) -> None:
    assert [scale("collector", number).code for number in ("4", "0")] == [0, 0]
    assert cluster.one(SCALED_OBJECT, "canslim-collector")["metadata"]["annotations"] == {PAUSED: "0"}


def test_kedas_pool_is_given_back_by_removing_the_pause(cluster: Cluster, scale: Scale) -> None:
    scale("collector", "4")
    assert scale("collector", "auto").code == 0
    assert cluster.one(SCALED_OBJECT, "canslim-collector")["metadata"].get("annotations", {}) == {}


def test_giving_back_what_is_not_paused_is_no_error(cluster: Cluster, scale: Scale) -> None:
    assert scale("collector", "auto").code == 0


def test_an_autoscaler_gets_the_number_as_both_bounds_at_once(cluster: Cluster, scale: Scale) -> None:
    ran = scale("night", "9")
    assert ran.code == 0
    assert ran.said.endswith("it stays so until: k8s/scale.sh night auto\n")
    assert bounds(cluster) == (9, 9)
    assert cluster.changes == ["horizontalpodautoscalers/canslim-night"]


def test_an_autoscaler_gets_the_bounds_of_the_values_back(cluster: Cluster, scale: Scale) -> None:
    scale("night", "9")
    assert scale("night", "auto").code == 0
    assert bounds(cluster) == (2, 5)


def test_an_autoscaler_that_cannot_go_to_0_rests(cluster: Cluster, scale: Scale) -> None:
    assert scale("night", "0").code == 0
    assert cluster.replicas("canslim-night") == 0
    assert bounds(cluster) == (2, 5)


@pytest.mark.parametrize(("wanted", "pods"), [("auto", 2), ("4", 4)])
def test_a_resting_autoscaler_is_woken(cluster: Cluster, scale: Scale, wanted: str, pods: int) -> None:
    scale("night", "0")
    assert scale("night", wanted).code == 0
    assert cluster.replicas("canslim-night") == pods


def test_an_autoscaler_without_the_charts_notes_is_left_alone(cluster: Cluster, scale: Scale) -> None:
    cluster.one(HPA, "canslim-night")["metadata"]["annotations"] = {}
    ran = scale("night", "auto")
    assert ran.code == 2
    assert "canslim.io/min-replicas" in ran.said
    assert cluster.changes == []


def test_a_cluster_without_keda_is_no_problem(cluster: Cluster, scale: Scale) -> None:
    cluster.kinds = (DEPLOYMENT, HPA)
    assert scale("scoring", "2").code == 0
    assert cluster.replicas("canslim-scoring") == 2


@pytest.mark.parametrize("kind", [SCALED_OBJECT, HPA, DEPLOYMENT], ids=lambda kind: kind.name)
def test_who_may_not_look_changes_nothing(cluster: Cluster, scale: Scale, kind: Kind) -> None:
    """To take an unseen autoscaler for none would leave the number to be overwritten."""
    cluster.forbidden = frozenset({kind.plural})
    ran = scale("scoring", "2")
    assert ran.code != 0
    assert "forbidden" in ran.said
    assert cluster.changes == []


def test_an_unknown_pool_is_answered_with_the_pools_there_are(cluster: Cluster, scale: Scale) -> None:
    ran = scale("collectors", "4")
    assert ran == Ran(2, "scale.sh: there is no pool 'collectors'; release canslim has: collector night scoring\n")
    assert cluster.changes == []


def test_the_api_is_no_pool(scale: Scale) -> None:
    assert "there is no pool 'api'" in scale("api", "4").said


def test_another_release_is_named_by_the_environment(cluster: Cluster, scale: Scale) -> None:
    ran = scale("scoring", "4", RELEASE="other")
    assert ran.code == 2
    assert "there is no release other in the current namespace" in ran.said
    assert cluster.changes == []


def test_another_namespace_is_named_by_the_environment(cluster: Cluster, scale: Scale) -> None:
    assert scale("scoring", "4", NAMESPACE="elsewhere").code != 0
    assert scale("scoring", "4", NAMESPACE=NAMESPACE).code == 0
    assert cluster.replicas("canslim-scoring") == 4


def test_the_way_back_names_the_namespace_and_the_release(scale: Scale) -> None:
    ran = scale("night", "4", NAMESPACE=NAMESPACE, RELEASE="canslim")
    assert ran.said.endswith("it stays so until: NAMESPACE=stocks RELEASE=canslim k8s/scale.sh night auto\n")


def test_the_name_of_the_deployment_is_the_clusters_word(chart: Chart, cluster: Cluster, scale: Scale) -> None:
    cluster.objects.clear()
    cluster.add(*chart(VALUES | {"fullnameOverride": "screener"}).objects)
    assert scale("scoring", "4").code == 0
    assert cluster.replicas("screener-scoring") == 4


@pytest.mark.parametrize("number", ["four", "-1", "1.5", "", "04", "4 "])
def test_what_is_no_number_is_refused_before_anything_is_asked(scale: Scale, number: str) -> None:
    ran = scale("collector", number, KUBECONFIG="/nowhere")
    assert ran == Ran(2, f"scale.sh: '{number}' is no number of pods: expected 0, 1, 2 and so on, or auto\n")


@pytest.mark.parametrize("words", [(), ("collector",), ("collector", "4", "5")], ids=len)
def test_pool_and_number_are_required(scale: Scale, words: tuple[str, ...]) -> None:
    ran = scale(*words)
    assert ran.code == 2
    assert "expected a pool and its number of pods" in ran.said


def test_kubectl_is_required(scale: Scale, tmp_path: Path) -> None:
    assert scale("collector", "4", PATH=str(tmp_path)) == Ran(2, "scale.sh: kubectl is not installed\n")


def test_a_cluster_that_does_not_answer_is_kubectls_to_explain(scale: Scale, tmp_path: Path) -> None:
    with serve(Cluster(NAMESPACE)) as address:
        pass
    (tmp_path / "config").write_text(yaml.safe_dump(kubeconfig(address)))
    ran = scale("collector", "4")
    assert ran.code == 1
    assert "refused" in ran.said


def test_the_script_is_clean_for_any_shell() -> None:
    ran = subprocess.run(
        [program("shellcheck"), "--shell=sh", SCRIPT, SCRIPT.with_name("kind.sh")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.stdout == ""
