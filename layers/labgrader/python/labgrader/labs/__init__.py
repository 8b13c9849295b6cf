"""Find, read and check lab files."""
