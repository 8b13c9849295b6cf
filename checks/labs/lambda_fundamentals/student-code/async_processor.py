"""Works in the background, and fails by chance, as the handout has it; only its work is shorter."""

import json
import random
import time


class ProcessingError(Exception):
    """A task failed; Lambda tries it again."""


def lambda_handler(event, _context):
    task_id = event.get("task_id", "unknown")
    processing_time = random.randint(2, 5) / 20
    time.sleep(processing_time)
    if random.random() < 0.2:
        raise ProcessingError(f"Processing failed for task {task_id}")
    content = {"task_id": task_id, "processing_time": processing_time, "status": "completed"}
    return {"statusCode": 200, "body": json.dumps(content)}
