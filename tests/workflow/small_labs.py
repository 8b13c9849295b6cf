"""Labs of a few checks, for what is the same in every lab: a run of them takes a tenth of the calls of a real one."""

from __future__ import annotations

from pathlib import Path

from checks.simulation.builders import create_table
from checks.simulation.pack import Pack
from checks.simulation.student import SimulatedStudent

SMALL = "small"
"""Two checks of configuration and one of behaviour."""

LOADED = "loaded"
"""A check of each kind; the load test is as large as those of the labs."""

FOLDER = Path(__file__).parent / "labs"

CODE = """
import json

def lambda_handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"items": []})}
"""


def build(student: SimulatedStudent) -> None:
    """Build what both labs ask for."""
    student.create_function(
        "todo", {"todo.py": CODE}, Runtime="python3.13", Handler="todo.lambda_handler", Timeout=30, MemorySize=128
    )
    create_table(student, "TodoItems", partition_key="userId")


PACKS = {lab: Pack(lab, build, ()) for lab in (SMALL, LOADED)}
