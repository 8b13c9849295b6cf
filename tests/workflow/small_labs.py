"""Labs of a few checks, for what is the same in every lab: a run of them takes a tenth of the calls of a real one."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from cli.package import LAYER, bundle, running_python
from cli.simulation.builders import create_table
from cli.simulation.pack import Pack
from cli.simulation.student import SimulatedStudent
from cli.target import Target

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


def add_labs(target: Target) -> None:
    """Add the labs to the deployed stack: a new version of its layer holds their files, too."""
    content = io.BytesIO(bundle(LAYER, running_python(ours=True)).file.read_bytes())
    with zipfile.ZipFile(content, "a") as archive:
        for file in sorted(FOLDER.glob("*/lab.yaml")):
            archive.write(file, f"python/checks/labs/{file.parent.name}/lab.yaml")
    functions = target.client("lambda")
    deployed = [one for one in functions.list_functions()["Functions"] if one["FunctionName"].startswith("labgrader-")]
    (old,) = {layer["Arn"] for one in deployed for layer in one["Layers"] if "LabgraderLayer" in layer["Arn"]}
    new = functions.publish_layer_version(
        LayerName=old.split(":")[6],
        Content={"ZipFile": content.getvalue()},
        CompatibleRuntimes=[deployed[0]["Runtime"]],
    )["LayerVersionArn"]
    for one in deployed:
        layers = [new if layer["Arn"] == old else layer["Arn"] for layer in one["Layers"]]
        functions.update_function_configuration(FunctionName=one["FunctionName"], Layers=layers)
