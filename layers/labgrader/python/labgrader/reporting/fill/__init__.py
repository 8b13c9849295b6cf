"""The grades of a run, written into a file that a learning platform exported. All other bytes stay as they are."""
