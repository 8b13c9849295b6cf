"""Checks of alarms, dashboards, metrics and log groups."""
