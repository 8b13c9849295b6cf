"""Checks of rules."""
