"""A course: its file and class lists, its enrolments, and the digests of its audits."""
