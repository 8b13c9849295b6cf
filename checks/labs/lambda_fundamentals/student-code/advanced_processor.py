"""Two operations, built on the layer."""

from common_utils import DataProcessor, format_response, validate_input


def lambda_handler(event, _context):
    is_valid, missing = validate_input(event, ["operation"])
    if not is_valid:
        return format_response(400, {"error": f"Missing required fields: {missing}"}, "Validation failed")
    parameters = event["queryStringParameters"]
    operation = parameters["operation"]
    if operation == "metrics":
        metrics = DataProcessor.calculate_metrics([10, 20, 30, 40, 50])
        return format_response(200, {"metrics": metrics, "operation": operation}, "Metrics calculated successfully")
    if operation == "sanitize":
        text = parameters.get("text", "")
        sanitized = DataProcessor.sanitize_string(text)
        return format_response(200, {"original": text, "sanitized": sanitized}, "Text sanitized successfully")
    return format_response(400, {"error": f"Unknown operation: {operation}"}, "Invalid operation")
