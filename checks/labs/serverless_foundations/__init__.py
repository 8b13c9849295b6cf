"""The lab pack serverless foundations."""
