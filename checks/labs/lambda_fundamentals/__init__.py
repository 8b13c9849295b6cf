"""The lab pack Lambda fundamentals."""
