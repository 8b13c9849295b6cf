"""The checks: a folder for each service, a file for each check. Drop a file in and it exists."""
