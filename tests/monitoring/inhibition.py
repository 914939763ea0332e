"""The example of inhibit_rules, applied as Alertmanager does."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from tests.monitoring.conftest import ROOT

FILE = ROOT / "k8s/monitoring/kube-prometheus-stack.yaml"
RULES: list[dict[str, Any]] = yaml.safe_load(FILE.read_text())["alertmanager"]["config"]["inhibit_rules"]
MATCHER = re.compile(r'(\w+) (=~?) "?([^"]+)"?')
Alert = dict[str, str]


def matches(matchers: Sequence[str], alert: Mapping[str, str]) -> bool:
    for matcher in matchers:
        found = MATCHER.fullmatch(matcher)
        assert found is not None, matcher
        label, operator, value = found.groups()
        pattern = value if operator == "=~" else re.escape(value)
        if not re.fullmatch(pattern, alert.get(label, "")):
            return False
    return True


def loud(firing: Sequence[Alert]) -> list[Alert]:
    """Those that are told, as Alertmanager decides it."""

    def quiet(alert: Alert) -> bool:
        return any(
            matches(rule["target_matchers"], alert)
            and any(
                matches(rule["source_matchers"], other)
                and all(other.get(label, "") == alert.get(label, "") for label in rule["equal"])
                for other in firing
                if other is not alert
            )
            for rule in RULES
        )

    return [alert for alert in firing if not quiet(alert)]
