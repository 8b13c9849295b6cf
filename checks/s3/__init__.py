"""Checks of buckets and their notifications."""
