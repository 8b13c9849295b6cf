"""The lab pack Lambda optimization."""
