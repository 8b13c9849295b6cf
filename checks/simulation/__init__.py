"""Simulated students, perfect or with mistakes, on AWS or the embedded AWS."""
