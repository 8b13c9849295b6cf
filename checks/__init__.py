"""The checks: one file each; drop a file in and it exists."""
