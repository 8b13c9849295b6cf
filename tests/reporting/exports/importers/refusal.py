"""What an importer says of a file that it does not take."""

from __future__ import annotations


class RefusedError(Exception):
    """The platform refuses the file."""
