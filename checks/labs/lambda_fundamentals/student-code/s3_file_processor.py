"""Counts the lines, words and characters of every text file that is uploaded."""

import json
import urllib.parse

import boto3

s3_client = boto3.client("s3")


def lambda_handler(event, _context):
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
        content_type = s3_client.head_object(Bucket=bucket, Key=key).get("ContentType", "unknown")
        if content_type.startswith("text/"):
            process_text_file(bucket, key)
        else:
            print(f"Unhandled content type: {content_type}")
    return {"statusCode": 200, "body": json.dumps("Processing complete")}


def process_text_file(bucket, key):
    content = s3_client.get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8")
    analysis = {
        "file": key,
        "lines": len(content.split("\n")),
        "words": len(content.split()),
        "characters": len(content),
    }
    s3_client.put_object(
        Bucket=bucket,
        Key=f"analysis/{key}.json",
        Body=json.dumps(analysis, indent=2),
        ContentType="application/json",
    )
    print(f"Analysis saved for {key}")
