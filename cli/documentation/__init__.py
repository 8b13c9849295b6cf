"""Write the generated pages and pictures in `docs/`."""
