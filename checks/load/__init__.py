"""Checks of functions and REST APIs under load."""
