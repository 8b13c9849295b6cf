"""Checks of REST APIs, stages, usage plans and API keys."""
