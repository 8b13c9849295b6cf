"""The examples in the pages about writing labs and checks work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.project import ROOT
from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Probe
from labgrader.judging.check import Check
from labgrader.judging.lint import lint
from labgrader.labs.lab import find_lab
from labgrader.labs.search_path import searching
from labgrader.reasons import Reason

LAB_PAGE = (ROOT / "docs" / "write-a-lab.md").read_text(encoding="utf-8")
CHECK_PAGE = (ROOT / "docs" / "write-a-check.md").read_text(encoding="utf-8")
CHECKS = {
    re.findall(r"^def (\w+)\(", source, re.MULTILINE)[0]: source
    for source in re.findall(r"```python\n(.*?)```", CHECK_PAGE, re.DOTALL)
}


def loaded(name: str) -> Check:
    module: dict[str, object] = {"__name__": "example"}
    exec(compile(CHECKS[name], "write-a-check.md", "exec"), module)  # noqa: S102  our own text
    check = module[name]
    assert isinstance(check, Check)
    return check


def snapshot() -> Snapshot:
    known = Answers()
    known.record(Question("lambda:ListFunctions"), Answer(["user1-f"]))
    known.record(
        Question("lambda:GetFunction", {"FunctionName": "user1-f"}),
        Answer({"Configuration": {"TracingConfig": {"Mode": "PassThrough"}}}),
    )
    return Snapshot("user1", "111122223333", "us-east-1", answers=known)


def test_the_examples_of_the_pages_can_be_linted(tmp_path: Path) -> None:
    lab, extension = re.findall(r"```yaml\n(.*?)```", LAB_PAGE, re.DOTALL)
    files = {"queues/lab.yaml": lab, "my-optimization/lab.yaml": extension}
    files |= {f"checks/{name}.py": source for name, source in CHECKS.items()}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with searching(tmp_path):
        assert lint(tmp_path / "queues" / "lab.yaml") == []
        assert lint(tmp_path / "my-optimization" / "lab.yaml") == []
        assert find_lab("my-optimization").points == 100


def test_the_item_of_the_check_page_is_an_item_of_the_lab(tmp_path: Path) -> None:
    (item,) = re.findall(r"```yaml\n(.*?)```", CHECK_PAGE, re.DOTALL)
    (tmp_path / "queues").mkdir()
    (tmp_path / "checks").mkdir()
    text = "id: queues\nversion: 1.0.0\ntitle: Queues\npoints: 40\nchecks:\n" + item
    (tmp_path / "queues" / "lab.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "checks" / "queue_named.py").write_text(CHECKS["queue_named"], encoding="utf-8")
    with searching(tmp_path):
        assert lint(tmp_path / "queues" / "lab.yaml") == []


def test_the_example_of_the_configuration_judges() -> None:
    check = loaded("function_traced")
    assert check.judge(snapshot(), function="user1-f").message == "user1-f is not traced (mode PassThrough)."
    assert check.judge(snapshot(), function="user1-g").message == "There is no function user1-g."


@pytest.mark.parametrize(
    ("payload", "message", "observed"),
    [
        ('{"statusCode": 200}', "", ""),
        ('{"statusCode": 500}', "user1-f does not answer with status 200.", "500"),
        ("null", "user1-f does not answer with status 200.", "no status"),
    ],
)
def test_the_example_of_the_behavior_judges(payload: str, message: str, observed: str) -> None:
    answers = Answers()
    question = {"FunctionName": "user1-f", "Qualifier": "", "Payload": {"body": "{}"}, "TimeoutSeconds": 35}
    answers.record(
        Question("lambda:InvokeFunction", question),
        Answer(Invocation("user1-f", "answered", payload=payload).to_dict()),
    )
    verdict = loaded("answers_with_200").judge(Probe(snapshot(), answers), function="user1-f")
    assert (verdict.message, verdict.observed) == (message, observed)
    assert verdict.reason == (Reason.STUDENT if message else None)
