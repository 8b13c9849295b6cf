"""Load tests: open and closed load, comparisons, and the concurrency budget that all runs of a stack share."""
