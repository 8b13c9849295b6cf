"""What functions share through the layer."""

import json


def format_response(status_code, data, message=""):
    content = {"data": data, **({"message": message} if message else {})}
    return {"statusCode": status_code, "headers": {"Content-Type": "application/json"}, "body": json.dumps(content)}


def validate_input(event, required_fields):
    given = event.get("queryStringParameters") or {}
    missing = [name for name in required_fields if name not in given]
    return not missing, missing


class DataProcessor:
    @staticmethod
    def sanitize_string(text):
        return "".join(character for character in text if character.isalnum() or character.isspace()).strip()

    @staticmethod
    def calculate_metrics(data):
        if not data:
            return {}
        return {
            "count": len(data),
            "sum": sum(data),
            "average": sum(data) / len(data),
            "min": min(data),
            "max": max(data),
        }
