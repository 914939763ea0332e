"""Dashboards, recording rules, alerts and the page of metrics. `python -m tools.monitoring` writes their files."""
