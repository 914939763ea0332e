"""Draws dashboards as SVG, about as Grafana would, from what a Prometheus answers."""
