"""What an alert is."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """critical: somebody should look now. warning: today. info: when there is time."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Alert:
    """wait: how long the expression must hold. dashboard: the uid of where to look first.

    Its runbook is the section of docs/alerts.md with its name.
    """

    name: str
    severity: Severity
    expr: str
    summary: str
    description: str
    dashboard: str
    wait: str = "0m"
