"""Says which environment and version it is."""

import json
import os


def lambda_handler(_event, _context):
    environment = os.environ.get("ENVIRONMENT", "unknown")
    version = os.environ.get("APP_VERSION", "1.0.0")
    content = {"message": "Hello from Terraform-managed Lambda!", "environment": environment, "version": version}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(content)}
