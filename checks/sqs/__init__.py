"""Checks of queues and what consumes them."""
