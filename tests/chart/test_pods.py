"""What holds for every pod: API, pools, migration, refresh, test, and the bundled servers."""

import pytest

from tests.chart.pod_security import hardening, violations
from tests.chart.rendering import METADATA, SETS, Chart, Manifests, PodTemplate, with_servers

#: Seconds that a process has to end after its drain.
MARGIN = 10


def of_pods(rendered: Manifests, check) -> dict[str, object]:
    """What the check found wrong, by pod."""
    return {pod.owner: wrong for pod in rendered.pods if (wrong := check(pod))}


def test_every_pod_is_restricted(rendered: Manifests) -> None:
    assert of_pods(rendered, lambda pod: violations(pod.spec)) == {}


def test_every_pod_is_hardened_beyond_that(rendered: Manifests) -> None:
    assert of_pods(rendered, lambda pod: hardening(pod.spec)) == {}


def test_every_container_sets_requests_and_a_memory_limit(rendered: Manifests) -> None:
    def missing(pod: PodTemplate) -> list[str]:
        resources = {container["name"]: container["resources"] for container in pod.containers}
        return [
            name
            for name, found in resources.items()
            if not {"cpu", "memory"} <= set(found["requests"]) or "memory" not in found["limits"]
        ]

    assert of_pods(rendered, missing) == {}


def test_every_container_can_write_to_tmp(rendered: Manifests) -> None:
    def missing(pod: PodTemplate) -> list[str]:
        (tmp,) = (volume for volume in pod.spec["volumes"] if volume["name"] == "tmp")
        mounted = {mount["name"]: mount["mountPath"] for found in pod.containers for mount in found["volumeMounts"]}
        assert "emptyDir" in tmp
        return [found["name"] for found in pod.containers if mounted["tmp"] != "/tmp"]

    assert of_pods(rendered, missing) == {}


def test_every_volume_in_memory_or_on_the_node_has_a_size(rendered: Manifests) -> None:
    def unlimited(pod: PodTemplate) -> list[str]:
        volumes = [volume for volume in pod.spec["volumes"] if "emptyDir" in volume]
        return [volume["name"] for volume in volumes if "sizeLimit" not in volume["emptyDir"]]

    assert of_pods(rendered, unlimited) == {}


def test_every_mount_has_a_volume_and_every_volume_a_mount(rendered: Manifests) -> None:
    def differing(pod: PodTemplate, claims: set[str]) -> set[str]:
        volumes = {volume["name"] for volume in pod.spec["volumes"]} | claims
        return volumes ^ {mount["name"] for container in pod.containers for mount in container["volumeMounts"]}

    claims = {f"StatefulSet/{found['metadata']['name']}": {"data"} for found in rendered.all("StatefulSet")}
    assert of_pods(rendered, lambda pod: differing(pod, claims.get(pod.owner, set()))) == {}


def test_the_grace_period_is_longer_than_the_drain(rendered: Manifests) -> None:
    (settings,) = (found for found in rendered.all("ConfigMap") if found["metadata"]["name"].endswith("-settings"))
    drain = float(settings["data"]["CANSLIM_DRAIN_SECONDS"])
    assert of_pods(rendered, lambda pod: pod.spec["terminationGracePeriodSeconds"] < drain + MARGIN) == {}


def test_what_happens_before_sigterm_leaves_time_to_drain(rendered: Manifests) -> None:
    """A preStop counts against the grace period; the API drains within seconds, and has them."""
    api = rendered.pod("api")
    assert api.main["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    assert api.spec["terminationGracePeriodSeconds"] >= 5 + 5 + MARGIN
    assert [pod.owner for pod in rendered.pods if pod.is_worker and "lifecycle" in pod.main] == []


@pytest.mark.parametrize("drain", [1, 25, 3600])
def test_one_value_sets_drain_and_grace(chart: Chart, drain: int) -> None:
    manifests = chart(with_servers(drainSeconds=drain))
    assert manifests.environment(manifests.pod("scoring"))["CANSLIM_DRAIN_SECONDS"] == str(drain)
    assert {pod.spec["terminationGracePeriodSeconds"] for pod in manifests.pods} == {drain + 15}


def test_processes_have_all_three_probes(rendered: Manifests) -> None:
    probes = {"startupProbe", "livenessProbe", "readinessProbe"}
    lasting = [pod for pod in rendered.pods if pod.owner.startswith(("Deployment/", "StatefulSet/"))]
    assert {pod.owner: probes - set(pod.main) for pod in lasting if not probes <= set(pod.main)} == {}


def test_liveness_is_local_and_readiness_honest(rendered: Manifests) -> None:
    def asked(pod: PodTemplate) -> dict[str, tuple[str, str]]:
        names = ("startupProbe", "livenessProbe", "readinessProbe")
        return {name: (pod.main[name]["httpGet"]["path"], pod.main[name]["httpGet"]["port"]) for name in names}

    for pod in (pod for pod in rendered.pods if pod.is_server):
        port = "metrics" if pod.is_worker else "http"
        assert asked(pod) == {
            "startupProbe": ("/healthz", port),
            "livenessProbe": ("/healthz", port),
            "readinessProbe": ("/readyz", port),
        }


def test_a_slow_start_is_no_death(rendered: Manifests) -> None:
    for pod in (pod for pod in rendered.pods if pod.is_server):
        startup = pod.main["startupProbe"]
        assert startup["periodSeconds"] * startup["failureThreshold"] >= 60


def test_probes_ask_for_ports_that_exist(rendered: Manifests) -> None:
    def unknown(pod: PodTemplate) -> set[str]:
        named = {port["name"] for port in pod.main.get("ports", ())}
        probes = [probe for name, probe in pod.main.items() if name.endswith("Probe")]
        asked = {(probe.get("httpGet") or probe.get("tcpSocket") or {}).get("port") for probe in probes}
        return asked - named - {None}

    assert of_pods(rendered, unknown) == {}


def test_servers_wait_for_the_database(rendered: Manifests) -> None:
    for pod in (pod for pod in rendered.pods if pod.is_server):
        (wait,) = pod.spec["initContainers"]
        assert wait["command"] == ["canslim", "db", "wait"]
        assert wait["image"] == rendered.pod("migration").main["image"]
        assert wait["env"] == rendered.pod("migration").main["env"]


def test_jobs_do_not_wait_for_what_they_bring(rendered: Manifests) -> None:
    waiting = {pod.component for pod in rendered.pods if "initContainers" in pod.spec}
    assert waiting.isdisjoint({"migration", "refresh", "test", "postgresql", "valkey"})


def test_only_jobs_end(rendered: Manifests) -> None:
    policies = {pod.owner: pod.spec.get("restartPolicy") for pod in rendered.pods}
    jobs = tuple({"Job/", "CronJob/", "Pod/"})
    assert {name: policy for name, policy in policies.items() if (policy == "Never") != name.startswith(jobs)} == {}


def test_ports_are_the_documented_ones(rendered: Manifests) -> None:
    for pod in (pod for pod in rendered.pods if pod.is_server):
        ports = {port["name"]: port["containerPort"] for port in pod.main["ports"]}
        assert ports == ({"metrics": 9090} if pod.is_worker else {"http": 8000, "metrics": 9090})


def test_a_full_node_may_lose_its_workers_to_the_autoscaler(rendered: Manifests) -> None:
    for pod in (pod for pod in rendered.pods if pod.is_server):
        assert pod.metadata["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "true"


def test_a_pod_annotation_wins_over_the_charts(chart: Chart) -> None:
    key = "cluster-autoscaler.kubernetes.io/safe-to-evict"
    manifests = chart(with_servers(pools={"collector": {"podAnnotations": {key: "false"}}}))
    assert manifests.pod("collector").metadata["annotations"][key] == "false"


def test_a_changed_setting_restarts_the_servers_and_nothing_else(chart: Chart) -> None:
    before, after = chart(with_servers()), chart(with_servers(settings={"universe": "other"}))
    changed = {pod.component for pod, old in zip(after.pods, before.pods, strict=True) if pod.metadata != old.metadata}
    assert changed == {"api", "collector", "scoring"}


def test_a_pools_own_setting_restarts_that_pool_alone(chart: Chart) -> None:
    before, after = chart(with_servers()), chart(with_servers(pools={"collector": {"threads": 2}}))
    changed = {pod.component for pod, old in zip(after.pods, before.pods, strict=True) if pod != old}
    assert changed == {"collector"}


def test_images_come_from_the_registry_with_one_tag_or_a_digest(chart: Chart) -> None:
    manifests = chart(SETS["external"])
    digest = "sha256:" + "a" * 64
    assert {pod.component: pod.main["image"] for pod in manifests.pods} == {
        "api": f"registry.example:5000/apps/canslim-api@{digest}",
        "migration": f"registry.example:5000/apps/canslim-api@{digest}",
        "refresh": f"registry.example:5000/apps/canslim-api@{digest}",
        "test": f"registry.example:5000/apps/canslim-api@{digest}",
        "collector": "registry.example:5000/apps/canslim-collector:1.2.3",
        "scoring": "registry.example:5000/apps/canslim-scoring:1.2.3",
    }
    assert {container["imagePullPolicy"] for pod in manifests.pods for container in pod.containers} == {"Always"}
    assert {tuple(secret["name"] for secret in pod.spec["imagePullSecrets"]) for pod in manifests.pods} == {("pull",)}
    assert {pod.spec["serviceAccountName"] for pod in manifests.pods} == {"canslim"}


def test_by_default_images_have_the_charts_version(rendered: Manifests) -> None:
    ours = {
        container["image"] for pod in rendered.pods for container in pod.containers if "canslim" in container["image"]
    }
    tags = {image.rpartition(":")[2] for image in ours if "@" not in image}
    assert tags in ({METADATA["appVersion"]}, {"1.2.3"})


def test_an_image_may_have_a_tag_of_its_own(chart: Chart) -> None:
    manifests = chart(with_servers(images={"tag": "1", "scoring": {"tag": "2"}}))
    assert manifests.pod("collector").main["image"] == "canslim-collector:1"
    assert manifests.pod("scoring").main["image"] == "canslim-scoring:2"


def test_no_image_is_latest(rendered: Manifests) -> None:
    images = {container["image"] for pod in rendered.pods for container in pod.containers}
    assert {image for image in images if ":" not in image.rpartition("/")[2] or image.endswith(":latest")} == set()


@pytest.mark.parametrize("name", ["trial", "external", "keda", "everything"])
def test_servers_are_spread_over_nodes(chart: Chart, name: str) -> None:
    for pod in (pod for pod in chart(SETS[name]).pods if pod.is_server):
        first = pod.spec["topologySpreadConstraints"][0]
        assert first["topologyKey"] == "kubernetes.io/hostname"
        assert first["labelSelector"]["matchLabels"].items() <= pod.labels.items()
        assert first["matchLabelKeys"] == ["pod-template-hash"]


def test_the_values_may_spread_nothing(chart: Chart) -> None:
    assert [pod.owner for pod in chart(SETS["hook"]).pods if "topologySpreadConstraints" in pod.spec] == []


@pytest.mark.parametrize("component", ["api", "collector", "scoring"])
@pytest.mark.parametrize("field", ["nodeSelector", "tolerations", "affinity"])
def test_a_pod_goes_where_the_values_send_it(chart: Chart, component: str, field: str) -> None:
    assert chart(SETS["external"]).pod(component).spec[field] == SETS["external"]["api"][field]


@pytest.mark.parametrize("component", ["migration", "refresh"])
@pytest.mark.parametrize("field", ["nodeSelector", "tolerations"])
def test_a_job_goes_where_the_values_send_it(chart: Chart, component: str, field: str) -> None:
    assert chart(SETS["external"]).pod(component).spec[field] == SETS["external"]["api"][field]
