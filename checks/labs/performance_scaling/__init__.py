"""Lab pack of Performance and Scaling Optimization."""
