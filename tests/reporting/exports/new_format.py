"""Uses a format that is new: run by ``test_registry`` in a process that finds it in the folder of exports."""

from __future__ import annotations

import json
import sys

import boto3

from cli.main import main
from labgrader.api.openapi import document
from labgrader.labs.lab import Item, Lab
from labgrader.reporting.exports import exports
from labgrader.reporting.gradebook import build_gradebook, build_row
from labgrader.rosters import Student
from labgrader.store import Keys
from tests import aws_in_memory
from tests.api.conftest import INSTRUCTOR, world_of
from tests.api.reports import RUN_ID, report_of


def use(path: str) -> None:
    """Ask the registry, the API and the command for the format, and print what they say as JSON."""
    aws = (aws_in_memory.client("s3"), aws_in_memory.dynamodb(), aws_in_memory.client("stepfunctions"))
    world = world_of(*aws)
    lab = Lab("lambda-optimization", "1.0.0", "Lab", "", 5, (Item("shown-check", "a", "A", points=10),))
    world.has_run()
    world.store.put_json(
        Keys(RUN_ID).gradebook_json, build_gradebook(RUN_ID, lab, [build_row(Student("user1"), report_of())])
    )
    outputs = {"Bucket": world.store.bucket, "Table": world.store.bucket, "GradeClassArn": "arn"}
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))
    answer = world.ask("GET", f"/v1/runs/{RUN_ID}/gradebook", INSTRUCTOR, query={"format": "lines"})
    described = document(world.api)["paths"]["/v1/runs/{run_id}/gradebook"]["get"]
    command = main(["report", RUN_ID, "--aws", "--format", "lines", "-o", path])
    found = {
        "registry": list(exports()),
        "status": answer.status,
        "headers": {name: answer.headers[name] for name in ("Content-Type", "Content-Disposition")},
        "body": answer.body,
        "enum": next(field for field in described["parameters"] if field["name"] == "format")["schema"]["enum"],
        "described": described["responses"]["200"]["content"]["text/plain"] == {"schema": {"type": "string"}},
        "exit status": command,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    with aws_in_memory.empty_account():
        use(sys.argv[1])
