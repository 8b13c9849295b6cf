"""One HTTP connection to Lambda or to a REST API: its address, its protocol, its reply."""
