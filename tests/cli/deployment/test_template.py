"""Templates keep their tags, and their paths become references to the bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.deployment.bundles import running_python
from cli.deployment.deploy import package
from cli.deployment.template import Tagged, local_code, read_template, runtime, write_template
from cli.project import TEMPLATE
from labgrader.errors import BadInputError

SAM = """\
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Parameters:
  Level: {Type: String, Default: "INFO"}
Globals:
  Function: {Runtime: python3.13, Architectures: [arm64], Handler: app.handler}
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: echo
      Environment: {Variables: {ARN: !GetAtt Box.Arn, NAME: !Sub "${Level}-x", PARTS: !Join [",", [a, !Ref Level]]}}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: flow.asl.json
      DefinitionSubstitutions: {Echo: !GetAtt Echo.Arn}
  Box:
    Type: AWS::S3::Bucket
Outputs:
  Bucket: {Value: !Ref Box}
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    (tmp_path / "echo").mkdir()
    (tmp_path / "echo" / "app.py").write_text("def handler(event, context):\n    return event\n")
    (tmp_path / "flow.asl.json").write_text('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}')
    file = tmp_path / "template.yaml"
    file.write_text(SAM)
    return file


def test_tags_and_dates_survive_a_round_trip(template: Path) -> None:
    again = template.with_name("again.yaml")
    again.write_text(write_template(read_template(template)))
    document = read_template(again)
    assert document == read_template(template)
    assert document["AWSTemplateFormatVersion"] == "2010-09-09"
    variables = document["Resources"]["Echo"]["Properties"]["Environment"]["Variables"]
    assert variables == {
        "ARN": Tagged("!GetAtt", "Box.Arn"),
        "NAME": Tagged("!Sub", "${Level}-x"),
        "PARTS": Tagged("!Join", [",", ["a", Tagged("!Ref", "Level")]]),
    }


def test_the_template_of_labgrader_survives_a_round_trip(tmp_path: Path) -> None:
    again = tmp_path / "again.yaml"
    again.write_text(write_template(read_template(TEMPLATE)))
    assert read_template(again) == read_template(TEMPLATE)


def test_paths_become_references_to_the_bucket(template: Path, tmp_path: Path) -> None:
    made = package(template, "artifacts", running_python(), tmp_path / "build")
    rewritten = template.with_name("again.yaml")
    rewritten.write_text(made.template)
    document = read_template(rewritten)
    code, flow = made.bundles
    assert document["Resources"]["Echo"]["Properties"]["CodeUri"] == {"Bucket": "artifacts", "Key": code.key}
    assert document["Resources"]["Flow"]["Properties"]["DefinitionUri"] == {"Bucket": "artifacts", "Key": flow.key}
    assert code.key.startswith("bundles/echo-")
    assert code.key.endswith(".zip")
    assert flow.file.read_bytes() == (tmp_path / "flow.asl.json").read_bytes()
    assert made.parameters == {"Level"}


def test_a_path_that_does_not_exist_is_named(template: Path) -> None:
    (template.parent / "flow.asl.json").unlink()
    with pytest.raises(BadInputError, match=r"Resources\.Flow\.DefinitionUri: flow\.asl\.json does not exist"):
        list(local_code(read_template(template), template.parent))


def test_a_file_that_is_not_a_template_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    with pytest.raises(BadInputError, match=r"template\.yaml: No such file or directory"):
        read_template(file)
    file.write_text("a: [1")
    with pytest.raises(BadInputError, match=r"template\.yaml:1: this is not valid YAML"):
        read_template(file)
    file.write_text("a: 1")
    with pytest.raises(BadInputError, match="this is not a CloudFormation template: it has no Resources"):
        read_template(file)


def test_all_functions_must_have_one_python_runtime(template: Path) -> None:
    document = read_template(template)
    assert runtime(document) == ("3.13", "arm64")
    document["Resources"]["Other"] = {"Type": "AWS::Serverless::Function", "Properties": {"Runtime": "python3.12"}}
    with pytest.raises(
        BadInputError,
        match="the functions have 2 combinations of runtime and architecture; a layer supports only one",
    ):
        runtime(document)
    document["Resources"] = {"Other": {"Type": "AWS::Serverless::Function", "Properties": {"Runtime": "nodejs22.x"}}}
    with pytest.raises(
        BadInputError, match=r"the runtime of the functions is nodejs22\.x; it must be a version of Python 3"
    ):
        runtime(document)
