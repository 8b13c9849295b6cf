"""What a load test is and what it measured: plan, result, latencies, statistics, cost."""
