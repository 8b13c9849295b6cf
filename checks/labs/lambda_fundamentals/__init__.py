"""Lab pack of AWS Lambda Fundamentals."""
