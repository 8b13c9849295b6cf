"""Probes: one call each, of a function, a REST API, a bucket or a queue, and only of the student's own."""
