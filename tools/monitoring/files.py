"""All files that are made here."""

import json
from pathlib import Path

from tools.monitoring.dashboard import dashboard_file
from tools.monitoring.dashboards import DASHBOARDS
from tools.monitoring.metrics_page import PAGE, metrics_page
from tools.monitoring.rule_files import Links, rule_files


def files(links: Links) -> dict[Path, str]:
    """Their contents by path, seen from the repository's root."""
    dashboards = {board.path: dashboard_file(board) for board in DASHBOARDS}
    page = metrics_page([json.loads(text) for text in dashboards.values()])
    return {**dashboards, **rule_files(links), PAGE: page}


def differing(root: Path, wanted: dict[Path, str]) -> list[Path]:
    """Which of them are missing, or other on disk; and what lies beside them in folders that are ours alone."""
    folders = {path.parent for path in wanted if path.suffix != ".md"}
    found = {path.relative_to(root) for folder in folders for path in (root / folder).glob("*")}
    wrong = {path for path, text in wanted.items() if not (root / path).is_file() or (root / path).read_text() != text}
    return sorted(wrong | (found - wanted.keys()))
