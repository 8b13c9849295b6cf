"""Lab pack of Serverless Foundations."""
