"""`labgrader destroy`: what it lists, what it asks, and what it says is left."""

from __future__ import annotations

import io
import json
import sys

import boto3
import pytest

from cli.main import main
from labgrader.store import Store

pytestmark = pytest.mark.usefixtures("own_state_and_signals")

Capture = pytest.CaptureFixture[str]

REFUSED = "error: nothing is deleted"


class Terminal(io.StringIO):
    """Standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _stack(store: Store) -> None:
    template = {
        "Resources": {
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "Retain",
                "Properties": {"BucketName": "results"},
            },
            "AlarmTopic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alarms"}},
        }
    }
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))
    boto3.client("s3").put_object(Bucket="results", Key="runs/r1/run.json", Body=b"{}")


def destroy(*options: str) -> int:
    return main(["destroy", "--aws", *options])


def deployed() -> bool:
    summaries = boto3.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    return bool(summaries)


def buckets() -> list[str]:
    return sorted(bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"])


def test_it_lists_what_it_deletes_and_needs_yes_outside_a_terminal(capsys: Capture) -> None:
    assert destroy("--delete-data") == 2
    assert capsys.readouterr().err.splitlines()[1:] == [
        "stack: labgrader, with its functions, logs, alarms, signing key and all tokens",
        "bucket with all results: results",
        "error: nothing is deleted: a deletion cannot be undone; add --yes",
    ]
    assert deployed()


@pytest.mark.parametrize("answers", ["n\n", "y\n\n", "y\nlabgrade\n", "y\nyes\n"])
def test_data_is_deleted_after_two_answers_only(answers: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answers))
    assert destroy("--delete-data") == 2
    assert capsys.readouterr().err.endswith(f"{REFUSED}\n")
    assert deployed()
    assert buckets() == ["bucket", "results"]


def test_two_answers_delete_everything(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("y\nlabgrader\n"))
    assert destroy("--delete-data") == 0
    said = capsys.readouterr()
    assert said.out.lstrip(" ") == "the stack labgrader is deleted\n"
    assert "Delete this in AWS account 123456789012 in us-east-1? This cannot be undone. [y/N]:" in said.err
    assert "All results of all students will be deleted. Type labgrader to confirm:" in said.err
    assert (deployed(), buckets()) == (False, ["bucket"])


def test_one_answer_deletes_the_stack_and_keeps_the_data(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert destroy() == 0
    assert capsys.readouterr().out.lstrip(" ") == (  # without a line editor, Click prints a blank for each question
        "the stack labgrader is deleted\n"
        "the bucket results is kept, and its storage costs money; delete it with "
        "`labgrader destroy --delete-data --aws`\n"
    )
    assert (deployed(), buckets()) == (False, ["bucket", "results"])


def test_yes_asks_nothing() -> None:
    assert destroy("--delete-data", "--yes") == 0
    assert (deployed(), buckets()) == (False, ["bucket"])


def test_a_stack_that_is_not_deployed_has_exit_status_3(capsys: Capture) -> None:
    assert destroy("--stack", "other", "--yes") == 3
    assert capsys.readouterr().err.splitlines()[1:] == [
        "error: the stack other is not deployed in AWS account 123456789012 in us-east-1"
    ]
