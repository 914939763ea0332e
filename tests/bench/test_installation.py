"""A benchmark's installation starts and refreshes: else a benchmark is found broken only when somebody runs it."""

import os
from pathlib import Path

import pytest

from bench.installation import installation, refresh, running_services, wait_ready
from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey

pytestmark = pytest.mark.processes


def test_it_refreshes(own_postgres: EmbeddedPostgres, own_redis: EmbeddedValkey, tmp_path: Path) -> None:
    settings = {"PROVIDER": "synthetic", "SYNTHETIC_SYMBOLS": "20"}
    with installation((own_postgres, own_redis), tmp_path, **settings) as system:
        assert refresh(system.http)["job"]["state"] == "completed"
        assert set(system.pids) == {"api", "collector", "scoring", "postgresql", "valkey"}


def test_a_process_that_ends_is_reported_with_its_log(tmp_path: Path) -> None:
    with (
        running_services({**os.environ, "CANSLIM_DATABASE_URL": "nowhere"}, {"api": 1}, tmp_path) as processes,
        pytest.raises(SystemExit, match=r"(?s)api ended with [1-9].*DATABASE_URL"),
    ):
        wait_ready(processes["api"], 1, tmp_path / "api.log")
