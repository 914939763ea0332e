"""The files in the chart are those that tools.monitoring makes."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring.conftest import CHART, ROOT
from tests.monitoring.dashboard_lint import LARGEST
from tools.monitoring.__main__ import main
from tools.monitoring.files import differing, files
from tools.monitoring.rule_files import Links


def test_the_files_are_as_made() -> None:
    assert differing(ROOT, files(Links())) == []


def test_a_changed_a_missing_and_a_stray_file_are_found_and_mended(tmp_path: Path) -> None:
    main(["--into", str(tmp_path)])
    main(["--into", str(tmp_path), "--check"])
    folder = tmp_path / "charts/canslim"
    (folder / "rules/recording.yaml").write_text("groups: []")
    (folder / "dashboards/api.json").unlink()
    (folder / "dashboards/old.json").write_text("{}")
    with pytest.raises(SystemExit) as wrong:
        main(["--into", str(tmp_path), "--check"])
    said = [name for name in ("recording.yaml", "api.json", "old.json", "data.json") if name in str(wrong.value)]
    assert said == ["recording.yaml", "api.json", "old.json"]
    main(["--into", str(tmp_path)])
    assert differing(tmp_path, files(Links())) == []


def test_the_links_of_alerts_can_lead_elsewhere(tmp_path: Path) -> None:
    links = ["--runbooks", "https://docs.example.org/alerts", "--grafana", "https://grafana.example.org"]
    main(["--into", str(tmp_path), *links])
    text = (tmp_path / "charts/canslim/rules/application.yaml").read_text()
    annotations = yaml.safe_load(text)["groups"][0]["rules"][2]["annotations"]
    assert annotations["runbook_url"] == "https://docs.example.org/alerts#canslimapiabsent"
    assert annotations["dashboard_url"].startswith("https://grafana.example.org/d/canslim-api?var-namespace=")


def test_a_config_map_holds_each_dashboard(dashboards: list[dict[str, Any]]) -> None:
    assert len(dashboards) == 5
    assert max(path.stat().st_size for path in (CHART / "dashboards").iterdir()) < LARGEST


def test_every_dashboard_has_a_uid_of_its_own(dashboards: list[dict[str, Any]]) -> None:
    uids = [dashboard["uid"] for dashboard in dashboards]
    assert sorted(set(uids)) == sorted(uids)
    assert {f"{dashboard['uid'].removeprefix('canslim-')}.json" for dashboard in dashboards} == {
        path.name for path in (CHART / "dashboards").iterdir()
    }
