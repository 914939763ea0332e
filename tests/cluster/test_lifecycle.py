"""A release from its installation to its end: upgrades, what goes wrong in them, and what stays."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.cluster.fake_node import MISSING, FakeNode
from tests.cluster.kube import CommandError, Namespace
from tests.cluster.release import Release
from tests.cluster.values import images, secrets, trial, with_servers

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

WAIT = ("--wait", "--timeout=300s")
#: A pod has 195 s to end.
GONE = 240
COMPONENTS = ("api", "collector", "scoring")


def uids(release: Release) -> dict[str, set[str]]:
    """By component, which pods there are."""
    return {name: {pod["metadata"]["uid"] for pod in release.namespace.pods(name)} for name in COMPONENTS}


def templates(release: Release, component: str) -> set[str]:
    """The revisions of a component's pods."""
    return {pod["metadata"]["labels"]["pod-template-hash"] for pod in release.namespace.pods(component)}


@pytest.fixture
def installed(release: Release) -> Release:
    release.install(trial(), *WAIT)
    return release


def test_everything_becomes_ready_and_answers(installed: Release) -> None:
    assert {name: len(installed.namespace.ready(name)) for name in COMPONENTS} == {
        "api": 2,
        "collector": 1,
        "scoring": 1,
    }
    assert "Phase:          Succeeded" in installed.test()


def test_a_new_chart_alone_restarts_nothing(installed: Release, tmp_path: Path) -> None:
    before = uids(installed)
    next_chart = tmp_path / "chart"
    shutil.copytree(installed.chart, next_chart)
    about = yaml.safe_load((next_chart / "Chart.yaml").read_text())
    (next_chart / "Chart.yaml").write_text(yaml.safe_dump({**about, "version": "0.999.0"}))
    installed.chart = next_chart
    installed.upgrade(trial(), *WAIT)
    assert uids(installed) == before


def test_new_settings_reach_every_pod_and_a_rollback_takes_them_back(installed: Release) -> None:
    before = {name: templates(installed, name) for name in COMPONENTS}
    installed.upgrade(trial(settings={"logFormat": "console"}), *WAIT)
    changed = {name: templates(installed, name) for name in COMPONENTS}
    assert not any(before[name] & changed[name] for name in COMPONENTS)
    installed.rollback("1", *WAIT)
    assert {name: templates(installed, name) for name in COMPONENTS} == before


def test_pods_that_do_not_come_up_leave_the_old_ones_at_work(installed: Release) -> None:
    before = {name: set(installed.namespace.ready(name)) for name in COMPONENTS}
    with pytest.raises(CommandError):
        installed.upgrade(trial(images={**images(), "tag": MISSING}), "--wait", "--timeout=20s")
    assert all(before[name] <= set(installed.namespace.ready(name)) for name in COMPONENTS)
    installed.rollback(*WAIT)
    assert {name: set(installed.namespace.ready(name)) for name in COMPONENTS} == before


def test_a_migration_hook_that_fails_changes_nothing(release: Release, without_containers: FakeNode) -> None:
    release.namespace.create(*secrets())
    values = with_servers(migration={"hook": True, "backoffLimit": 0})
    release.install(values, *WAIT)
    before = uids(release)
    without_containers.failing.add("migration")
    with pytest.raises(CommandError, match="pre-upgrade hooks failed"):
        release.upgrade({**values, "settings": {"logFormat": "console"}}, "--timeout=60s")
    assert uids(release) == before


def test_the_api_loses_one_pod_at_a_time(installed: Release, without_containers: FakeNode) -> None:
    first, second = installed.namespace.ready("api")
    without_containers.held.add("api")
    evict(installed.namespace, first)
    with pytest.raises(CommandError, match="violate the pod's disruption budget"):
        evict(installed.namespace, second)
    without_containers.held.clear()
    installed.namespace.eventually(lambda: len(installed.namespace.ready("api")) == 2, "the first one is replaced")
    evict(installed.namespace, second)


def test_a_worker_that_is_not_ready_blocks_no_drain(installed: Release, without_containers: FakeNode) -> None:
    without_containers.held.add("collector")
    installed.namespace.kubectl("scale", "deployment/canslim-collector", "--replicas=2")
    installed.namespace.eventually(lambda: len(installed.namespace.pods("collector")) == 2, "a second one is there")
    ready = installed.namespace.ready("collector")
    (hung,) = {pod["metadata"]["name"] for pod in installed.namespace.pods("collector")} - set(ready)
    evict(installed.namespace, hung)


def evict(namespace: Namespace, pod: str) -> None:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": namespace.name}}
    namespace.kubectl(
        "create", "--raw", f"/api/v1/namespaces/{namespace.name}/pods/{pod}/eviction", "--filename", "-", given=eviction
    )


def test_the_nightly_refresh_starts_by_itself(release: Release) -> None:
    release.install(trial(refresh={"schedule": "* * * * *"}), *WAIT)
    namespace = release.namespace

    def ended() -> bool:
        jobs = namespace.all("jobs", "app.kubernetes.io/component=refresh") or [
            job for job in namespace.all("jobs") if "refresh" in job["metadata"]["name"]
        ]
        return any(job["status"].get("succeeded") for job in jobs)

    namespace.eventually(ended, "a refresh was started and ended", 240)


def test_nothing_is_left_where_the_servers_are_of_others(release: Release) -> None:
    release.namespace.create(*secrets())
    before = release.namespace.own_objects()
    release.install(with_servers())
    assert len(release.namespace.own_objects()) > len(before) + 10
    release.uninstall()
    release.namespace.eventually(lambda: release.namespace.own_objects() == before, "everything is gone", GONE)


def test_what_holds_data_is_left_and_found_again(installed: Release) -> None:
    namespace = installed.namespace
    password = namespace.get("secret", "canslim-postgresql")["data"]["password"]
    installed.uninstall()
    left = {
        "secret/canslim-postgresql",
        "persistentvolumeclaim/data-canslim-postgresql-0",
        "persistentvolumeclaim/data-canslim-valkey-0",
    }
    namespace.eventually(lambda: namespace.own_objects() == left, f"only {left} is left", GONE)
    installed.install(trial(), *WAIT)
    assert namespace.get("secret", "canslim-postgresql")["data"]["password"] == password
