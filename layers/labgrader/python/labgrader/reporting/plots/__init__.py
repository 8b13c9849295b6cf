"""Plots as inline SVG: shapes and words. They have no scripts, no addresses, no ids and no dates.

Kinds of marks differ in shape, and not only in color: color-blind readers and black-and-white prints need that. The
label of every plot has its main numbers.
"""

from labgrader.reporting.plots.comparison_plot import comparison_plot
from labgrader.reporting.plots.latency_plot import latency_plot
from labgrader.reporting.plots.percentile_plot import percentile_plot

__all__ = ["comparison_plot", "latency_plot", "percentile_plot"]
