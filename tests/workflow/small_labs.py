"""Labs with a few checks, for tests that do not depend on the lab. A run needs a tenth of the requests."""

from __future__ import annotations

from pathlib import Path

from checks.simulation.builders import create_table
from checks.simulation.pack import Pack
from checks.simulation.student import SimulatedStudent

SMALL = "small"
"""Two checks of kind ``configuration`` and one of kind ``behaviour``."""

LOADED = "loaded"
"""A check of each kind; the load test is as large as those of the labs."""

FOLDER = Path(__file__).parent / "labs"

CODE = """
import json

def lambda_handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"items": []})}
"""


def build(student: SimulatedStudent) -> None:
    """Build the resources of both labs."""
    student.create_function(
        "todo", {"todo.py": CODE}, Runtime="python3.13", Handler="todo.lambda_handler", Timeout=30, MemorySize=128
    )
    create_table(student, "TodoItems", partition_key="userId")


PACKS = {lab: Pack(lab, build, ()) for lab in (SMALL, LOADED)}
