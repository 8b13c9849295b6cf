"""Checks of roles and policies."""
