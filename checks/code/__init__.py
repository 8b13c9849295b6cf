"""Checks of the code in the deployed package."""
