"""Plots of an evaluation as SVG: the same bytes for the same figures, readable in light and dark."""
