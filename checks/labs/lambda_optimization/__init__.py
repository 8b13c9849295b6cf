"""Lab pack of Lambda Function Optimization."""
