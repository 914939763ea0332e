"""The rules as Prometheus' rule files."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tools.monitoring.alerts import APPLICATION, KUBERNETES
from tools.monitoring.alerts.alert import Alert
from tools.monitoring.recording_rules import recordings

HEADER: Final = "# Made by `python -m tools.monitoring`; change it there.\n"
FOLDER: Final = Path("charts/canslim/rules")


@dataclass(frozen=True, slots=True)
class Links:
    """Where annotations point to: the page of runbooks, and Grafana (empty: the path alone)."""

    runbooks: str = "docs/alerts.md"
    grafana: str = ""


def rule_files(links: Links) -> dict[Path, str]:
    recorded = [
        {"record": rule.record, "expr": rule.expr} | ({"labels": rule.labels} if rule.labels else {})
        for rule in recordings()
    ]
    return {
        FOLDER / "recording.yaml": _file("canslim-recording", recorded),
        FOLDER / "application.yaml": _file("canslim-application", _alerts(APPLICATION, links)),
        FOLDER / "kubernetes.yaml": _file("canslim-kubernetes", _alerts(KUBERNETES, links)),
    }


def _alerts(alerts: Iterable[Alert], links: Links) -> list[dict[str, Any]]:
    return [
        {
            "alert": alert.name,
            "expr": alert.expr,
            "for": alert.wait,
            "labels": {"severity": str(alert.severity)},
            "annotations": {
                "summary": alert.summary,
                "description": alert.description,
                "runbook_url": f"{links.runbooks}#{alert.name.lower()}",
                "dashboard_url": f"{links.grafana}/d/{alert.dashboard}{_chosen(alert)}",
            },
        }
        for alert in alerts
    ]


def _chosen(alert: Alert) -> str:
    """The namespace, where the alert is of one."""
    namespace = "{{ $labels.namespace }}"
    return f"?var-namespace={namespace}" if namespace in alert.summary + alert.description else ""


def _file(group: str, rules: list[dict[str, Any]]) -> str:
    content = {"groups": [{"name": group, "rules": rules}]}
    return HEADER + yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=1000)


class _Dumper(yaml.SafeDumper):
    """Expressions of several lines stay so, and nothing refers to something above it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
