"""Looks at each object that is uploaded, and logs what it is."""

import json
import logging
import os
import urllib.parse
from typing import Any

import boto3
from botocore.config import Config

logging.getLogger().setLevel(os.environ.get("LOG_LEVEL", "INFO"))

s3 = boto3.client("s3", config=Config(connect_timeout=3, read_timeout=5))

PREVIEW_BYTES = 1000


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Describe the object that the event is about."""
    where = event["Records"][0]["s3"]
    bucket = where["bucket"]["name"]
    key = urllib.parse.unquote_plus(where["object"]["key"])
    stored = s3.get_object(Bucket=bucket, Key=key)
    metadata = {
        "bucket": bucket,
        "key": key,
        "size": stored["ContentLength"],
        "content_type": stored.get("ContentType", "unknown"),
        "last_modified": stored["LastModified"].isoformat(),
    }
    preview = stored["Body"].read(PREVIEW_BYTES).decode("utf-8", errors="ignore")
    print(json.dumps({"message": "processed", "preview": preview[:100], **metadata}))
    return {
        "statusCode": 200,
        "body": json.dumps({"message": "Successfully processed object", "metadata": metadata}),
    }
