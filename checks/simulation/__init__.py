"""Simulated students: perfect ones and ones with a mistake, on whatever AWS boto3 is pointed to."""
