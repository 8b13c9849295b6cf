"""Checks of the answers of a function that is called."""
