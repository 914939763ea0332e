"""One cause pages once, where Alertmanager has the example of inhibit_rules."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring.conftest import ROOT
from tests.monitoring.inhibition import FILE, RULES, Alert, loud
from tests.monitoring.label_flow import Labels, labels_of
from tools.monitoring.alerts import ALERTS

COLLECTOR, SCORING = {"queue": "collector"}, {"queue": "scoring"}


def firing(*alerts: str | tuple[str, Mapping[str, str]], namespace: str = "canslim") -> list[Alert]:
    """With the severities that they have."""
    pairs = [(one, {}) if isinstance(one, str) else one for one in alerts]
    severities = {alert.name: str(alert.severity) for alert in reversed(ALERTS)}
    return [{"alertname": name, "namespace": namespace, "severity": severities[name], **more} for name, more in pairs]


def told(alerts: Sequence[Alert]) -> list[str]:
    return [alert["alertname"] for alert in loud(alerts)]


def test_redis_away_pages_once() -> None:
    consequences = firing(
        "CanslimMessagesUnsent",
        ("CanslimQueueStalled", COLLECTOR),
        ("CanslimQueueStalled", SCORING),
        ("CanslimTasksLate", SCORING),
        ("CanslimTasksWait", SCORING),
    )
    assert told([*firing("CanslimRedisDown"), *consequences]) == ["CanslimRedisDown"]


def test_postgresql_away_pages_once() -> None:
    consequences = firing("CanslimApiErrors", ("CanslimTasksFailing", {"stage": "collect"}), "CanslimLeasesExpiring")
    assert told([*firing("CanslimPostgresqlDown"), *consequences]) == ["CanslimPostgresqlDown"]


def test_a_queue_without_workers_pages_once_and_another_one_too() -> None:
    alerts = firing(("CanslimNoWorker", SCORING), ("CanslimQueueStalled", SCORING), ("CanslimQueueStalled", COLLECTOR))
    assert loud(alerts) == [alerts[0], alerts[2]]


def test_another_installation_is_heard() -> None:
    here, there = firing("CanslimRedisDown"), firing("CanslimMessagesUnsent", namespace="other")
    assert loud([*here, *there]) == [*here, *there]


def ours() -> Iterator[dict[str, Any]]:
    for rule in RULES:
        if any("Canslim" in matcher for matcher in rule["source_matchers"]):
            yield rule


def named(matchers: Sequence[str]) -> list[str]:
    [matcher] = matchers
    return re.findall(r"Canslim\w+", matcher)


def test_rules_name_alerts_and_labels_that_there_are(known: dict[str, Labels]) -> None:
    labels = {alert.name: labels_of(alert.expr, known) for alert in ALERTS}
    for rule in ours():
        for name in named(rule["source_matchers"]) + named(rule["target_matchers"]):
            assert set(rule["equal"]) <= labels[name], name


def test_nothing_is_quiet_because_of_what_it_causes_itself() -> None:
    causes: dict[str, set[str]] = {}
    for rule in ours():
        for target in named(rule["target_matchers"]):
            causes.setdefault(target, set()).update(named(rule["source_matchers"]))
    TopologicalSorter(causes).prepare()


def test_the_page_names_the_example() -> None:
    page = (ROOT / "docs/alerts.md").read_text()
    assert "inhibit_rules" in page
    assert str(FILE.relative_to(ROOT)) in page


@pytest.mark.debian
def test_alertmanager_takes_the_rules(tmp_path: Path) -> None:
    amtool = shutil.which("amtool")
    if amtool is None:
        pytest.skip("Debian's prometheus-alertmanager is not here")
    config = {"route": {"receiver": "none"}, "receivers": [{"name": "none"}], "inhibit_rules": RULES}
    file = tmp_path / "alertmanager.yaml"
    file.write_text(yaml.safe_dump(config))
    done = subprocess.run([amtool, "check-config", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{len(RULES)} inhibit rules" in done.stdout
