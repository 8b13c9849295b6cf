"""A course: its file and class lists, who is enrolled, and the digest of its nights."""
