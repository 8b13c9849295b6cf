"""Checks of a function's responses to invocations."""
