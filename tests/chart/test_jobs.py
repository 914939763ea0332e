"""The migration, the nightly refresh, and the test of `helm test`."""

import pytest
from typer.main import get_command

from canslim_cli.main import app
from tests.chart.rendering import SETS, Chart, Manifests, with_servers


def migration(manifests: Manifests) -> dict:
    (job,) = manifests.all("Job")
    return job


def test_the_migration_upgrades_the_database(rendered: Manifests) -> None:
    spec = migration(rendered)["spec"]
    assert rendered.pod("migration").main["command"] == ["canslim", "db", "upgrade"]
    assert spec["backoffLimit"] == 6
    assert spec["activeDeadlineSeconds"] == 900


def test_a_plain_migration_stays_for_helm_to_find(rendered: Manifests, set_name: str) -> None:
    """Without a TTL: a tool that compares would make a job again that was only tidied away."""
    assert "ttlSecondsAfterFinished" not in migration(rendered)["spec"]
    assert ("annotations" in migration(rendered)["metadata"]) == (set_name == "hook")


@pytest.mark.parametrize(
    "change",
    [
        {"images": {"tag": "2.0.0"}},
        {"images": {"registry": "registry.example"}},
        {"migration": {"activeDeadlineSeconds": 60}},
        {"migration": {"resources": {"limits": {"memory": "1Gi"}}}},
        {"database": {"existingSecret": "other"}},
        {"drainSeconds": 20},
        {"commonLabels": {"team": "research"}},
    ],
)
def test_a_job_that_differs_has_a_name_of_its_own(chart: Chart, change: dict) -> None:
    """A Job can't be changed in place."""
    before, after = migration(chart(with_servers())), migration(chart(with_servers() | change))
    assert before["spec"] != after["spec"]
    assert before["metadata"]["name"] != after["metadata"]["name"]


@pytest.mark.parametrize("change", [{"api": {"replicas": 5}}, {"pools": {"collector": {"threads": 9}}}])
def test_a_job_that_is_the_same_keeps_its_name(chart: Chart, change: dict) -> None:
    assert migration(chart(with_servers())) == migration(chart(with_servers(**change)))


def test_as_a_hook_it_runs_before_everything_and_needs_nothing_of_the_release(chart: Chart) -> None:
    manifests = chart(SETS["hook"])
    job = migration(manifests)
    assert job["metadata"]["name"] == "canslim-migrate"
    assert job["metadata"]["annotations"] == {
        "helm.sh/hook": "pre-install,pre-upgrade",
        "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
    }
    pod = manifests.pod("migration")
    assert "envFrom" not in pod.main
    assert manifests.environment(pod) == {"CANSLIM_DATABASE_URL": "secret:database/url"}
    assert all("emptyDir" in volume for volume in pod.spec["volumes"])


def refresh(manifests: Manifests) -> dict:
    (job,) = manifests.all("CronJob")
    return job["spec"]


@pytest.mark.parametrize("name", ["trial", "external", "everything"])
def test_the_refresh_asks_the_api_of_the_release(chart: Chart, name: str) -> None:
    manifests = chart(SETS[name])
    *command, url = manifests.pod("refresh").main["command"]
    assert command == ["canslim", "refresh", "--wait", "--api"]
    host, _, port = url.removeprefix("http://").partition(":")
    assert int(port) in {found["port"] for found in manifests.one("Service", host)["spec"]["ports"]}


def test_there_need_be_no_refresh(chart: Chart) -> None:
    assert chart(SETS["hook"]).all("CronJob") == []


def test_one_refresh_at_a_time_on_the_clock_of_the_values(chart: Chart) -> None:
    spec = refresh(chart(with_servers(refresh={"schedule": "0 6 * * *", "timeZone": "Europe/Berlin"})))
    assert spec["schedule"] == "0 6 * * *"
    assert spec["timeZone"] == "Europe/Berlin"
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] == 3600
    assert (spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]) == (3, 3)


def test_a_refresh_may_take_a_day(chart: Chart) -> None:
    """As long as the project itself lets one take."""
    spec = refresh(chart(with_servers()))["jobTemplate"]["spec"]
    assert spec["activeDeadlineSeconds"] == 86400
    assert spec["backoffLimit"] == 2


def test_large_numbers_stay_whole(chart: Chart) -> None:
    """Helm reads numbers as floats, and would write a million as 1e+06."""
    changes = {"migration": {"activeDeadlineSeconds": 2_000_000}, "refresh": {"activeDeadlineSeconds": 1_000_000}}
    manifests = chart(with_servers(**changes, api={"podDisruptionBudget": {"maxUnavailable": 1_000_000}}))
    assert manifests.one("PodDisruptionBudget", "canslim-api")["spec"]["maxUnavailable"] == 1_000_000
    assert migration(manifests)["spec"]["activeDeadlineSeconds"] == 2_000_000
    assert refresh(manifests)["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 1_000_000
    assert "e+0" not in manifests.text


def test_helm_test_asks_the_api_through_its_service(rendered: Manifests) -> None:
    (pod,) = rendered.all("Pod")
    assert pod["metadata"]["annotations"] == {
        "helm.sh/hook": "test",
        "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
    }
    *command, url = rendered.pod("test").main["command"]
    assert command == ["canslim", "jobs", "list", "--api"]
    assert url.removeprefix("http://").partition(":")[0] in rendered.names("Service")


@pytest.mark.parametrize("component", ["migration", "refresh", "test"])
def test_the_commands_are_ones_that_the_command_line_has(chart: Chart, component: str) -> None:
    manifests = chart(SETS["trial"])
    for words in (manifests.pod(component).main["command"], manifests.pod("api").spec["initContainers"][0]["command"]):
        command, rest = get_command(app), words[1:]
        while rest and not rest[0].startswith("-"):
            command, rest = command.commands[rest[0]], rest[1:]
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options
