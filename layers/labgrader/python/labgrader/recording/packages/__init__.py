"""The deployed package of a function: its files, and what its own Python code imports and calls."""
