"""The pods of the chart, executed: they come up, refresh, and end as the chart promises."""

from pathlib import Path

import pytest

from tests.images.engine import Engine
from tests.images.pods import installed
from tests.images.promises import expect_a_leaver_to_lose_nothing, expect_a_sample_refresh_to_complete

pytestmark = [pytest.mark.debian, pytest.mark.xdist_group("containers"), pytest.mark.timeout(900)]

SYMBOLS = 400
#: A task takes some seconds, so that the one told to stop is in the middle of it.
SLOW = (
    "settings.provider=synthetic",
    f"settings.synthetic.symbols={SYMBOLS}",
    "settings.synthetic.latencyMs=1500",
    "pools.collector.replicas=2",
    "pools.collector.threads=2",
)


def test_every_pod_comes_up_and_the_sample_is_refreshed_by_the_charts_own_job(
    installable: Engine, tmp_path: Path
) -> None:
    with installed(installable, tmp_path) as (cluster, installation):
        for pod in cluster.pods:
            assert pod.once or installable.inspect(pod.container.name)["HostConfig"]["ReadonlyRootfs"]
            assert pod.once or user(installable, pod.container.name) == (10001, 10001)
        (nightly,) = cluster.of("refresh")
        assert cluster.run_to_the_end(nightly) == 0, nightly.container.logs()
        assert "412 of 412 symbols" in nightly.container.logs()
        expect_a_sample_refresh_to_complete(installation)
        (test,) = cluster.of("test")
        assert cluster.run_to_the_end(test) == 0, test.container.logs()


def test_a_collector_told_to_stop_in_the_middle_loses_nothing(installable: Engine, tmp_path: Path) -> None:
    with installed(installable, tmp_path, *SLOW) as (cluster, installation):
        grace = cluster.of("collector")[0].grace
        expect_a_leaver_to_lose_nothing(installation, SYMBOLS + 2, grace)


def user(engine: Engine, container: str) -> tuple[int, int]:
    """Who its first process is, as the kernel has it."""
    status = Path("/proc", str(engine.inspect(container)["State"]["Pid"]), "status").read_text()
    words = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith(("Uid", "Gid")))
    return int(words["Uid"].split()[0]), int(words["Gid"].split()[0])
