"""Plots as inline SVG: shapes and words. No script, no address, no id, no date.

Every kind of mark has a shape of its own besides its colour, so that a plot can be read by the colour-blind and in a
black and white print, and every plot says its main numbers in its label.
"""

from labgrader.reporting.plots.comparison_plot import comparison_plot
from labgrader.reporting.plots.latency_plot import latency_plot
from labgrader.reporting.plots.percentile_plot import percentile_plot

__all__ = ["comparison_plot", "latency_plot", "percentile_plot"]
