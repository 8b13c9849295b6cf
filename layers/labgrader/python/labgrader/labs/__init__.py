"""Lab files: where they lie, how they are read, and what they mean."""
