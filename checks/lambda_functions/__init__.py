"""Checks of functions, layers, packages and permissions."""
