"""The generated pages in `docs/`."""
