"""Checks of versions, aliases and concurrency."""
