"""The AWS side of probes and load tests: what sets a student's functions to work, and only theirs."""
