"""The lab pack performance and scaling."""
