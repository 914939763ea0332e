"""PostgreSQL and Valkey for trials."""

import pytest

from tests.chart.rendering import SETS, Chart


def test_valkey_keeps_what_it_is_told_and_evicts_nothing(chart: Chart) -> None:
    arguments = chart(SETS["trial"]).pod("valkey").main["args"]
    options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
    assert arguments[0] == "valkey-server"
    assert options == {
        "--dir": "/data",
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--maxmemory-policy": "noeviction",
        "--requirepass": "$(VALKEY_PASSWORD)",
    }


def test_valkeys_probes_log_in(chart: Chart) -> None:
    manifests = chart(SETS["trial"])
    environ = manifests.environment(manifests.pod("valkey"))
    assert environ["REDISCLI_AUTH"] == environ["VALKEY_PASSWORD"] == "secret:canslim-valkey/password"


def test_postgresql_writes_to_its_volume_and_to_memory(chart: Chart) -> None:
    manifests = chart(SETS["trial"])
    pod = manifests.pod("postgresql")
    mounts = {mount["mountPath"] for mount in pod.main["volumeMounts"]}
    assert mounts == {"/var/lib/postgresql/data", "/var/run/postgresql", "/tmp", "/dev/shm"}
    assert manifests.environment(pod)["PGDATA"].startswith("/var/lib/postgresql/data/")
    shared = next(volume for volume in pod.spec["volumes"] if volume["name"] == "shared-memory")
    assert shared["emptyDir"] == {"medium": "Memory", "sizeLimit": "256Mi"}


def test_postgresql_is_ready_only_when_it_answers_by_network(chart: Chart) -> None:
    """While the first start fills the folder, a server without network answers on the socket."""
    main = chart(SETS["trial"]).pod("postgresql").main
    for probe in ("startupProbe", "readinessProbe"):
        assert "--host=127.0.0.1" in main[probe]["exec"]["command"]


@pytest.mark.parametrize("server", ["postgresql", "valkey"])
def test_a_busy_server_is_not_killed_for_a_slow_answer(chart: Chart, server: str) -> None:
    assert "tcpSocket" in chart(SETS["trial"]).pod(server).main["livenessProbe"]


@pytest.mark.parametrize("server", ["postgresql", "valkey"])
def test_a_server_is_one_pod_with_a_volume(chart: Chart, server: str) -> None:
    spec = chart(SETS["trial"]).one("StatefulSet", f"canslim-{server}")["spec"]
    (claim,) = spec["volumeClaimTemplates"]
    assert spec["replicas"] == 1
    assert claim["metadata"]["name"] == "data"
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert "storageClassName" not in claim["spec"]


def test_size_and_class_of_a_volume_come_from_the_values(chart: Chart) -> None:
    (claim,) = chart(SETS["files"]).one("StatefulSet", "canslim-valkey")["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "2Gi"
    assert claim["spec"]["storageClassName"] == "fast"


def test_their_images_come_from_where_the_values_say(chart: Chart) -> None:
    assert chart(SETS["trial"]).pod("postgresql").main["image"] == "postgres:16.10"
    assert chart(SETS["everything"]).pod("postgresql").main["image"] == "registry.example/postgres:16.10"


@pytest.mark.parametrize("name", ["hpa", "external", "pools"])
def test_without_them_nothing_of_them_is_there(chart: Chart, name: str) -> None:
    manifests = chart(SETS[name])
    assert manifests.all("StatefulSet") == []
    assert not any(found["metadata"]["name"].endswith(("-postgresql", "-valkey")) for found in manifests.objects)
