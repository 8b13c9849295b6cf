"""Simulated students: their API calls, and the changes of mistakes to them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from checks.simulation.classes import Kind, simulate_class
from checks.simulation.pack import build_student, load_pack
from checks.simulation.student import Connections, zipped
from cli.verification.proof import prerequisites
from labgrader.errors import BadInputError
from labgrader.labs.lab import find_lab
from labgrader.labs.search_path import searching
from tests.checks.test_labs import every_lab

LAB = "lambda-optimization"
PACK = load_pack(LAB)


class Aws:
    """A boto3 client that records its calls and responds like AWS."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> dict[str, Any]:
            self.calls.append((operation, parameters))
            arn = f"arn:aws:lambda:us-east-1:123456789012:layer:{parameters.get('LayerName')}:1"
            return {"LayerVersionArn": arn}

        return call

    def named(self, operation: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.calls if name == operation]


def _build(mistake: str = "") -> Aws:
    aws = Aws()
    course = Aws()  # the first student creates its role
    connections = Connections(lambda name: course if name == "iam" else aws, "123456789012", "us-east-1")
    build_student(PACK, "user1", connections, PACK.mistake(mistake) if mistake else None)
    return aws


def _files(package: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_perfect_student_makes_twelve_calls() -> None:
    aws = _build()
    assert len(aws.calls) == 12
    assert [call["FunctionName"] for call in aws.named("create_function")] == [
        "user1-baseline-function",
        "user1-optimized-function",
        "user1-error-handling-function",
    ]
    assert [(call["Name"], call["FunctionVersion"]) for call in aws.named("create_alias")] == [
        ("user1-dev", "$LATEST"),
        ("user1-prod", "1"),
        ("user1-staging", "2"),
    ]


def test_the_two_versions_differ_and_are_always_the_same_bytes() -> None:
    first, second = (_build().named("create_function")[1]["Code"], _build().named("update_function_code")[0])
    assert _files(first["ZipFile"]) != _files(second["ZipFile"])
    assert second["ZipFile"] == _build().named("update_function_code")[0]["ZipFile"]
    digest = hashlib.sha256(zipped({"b.py": "2", "a.py": "1"})).digest()
    assert base64.b64encode(digest) == base64.b64encode(hashlib.sha256(zipped({"a.py": "1", "b.py": "2"})).digest())


def test_the_code_of_every_mistake_imports_only_from_its_layers() -> None:
    for mistake in ("", *(known.id for known in PACK.mistakes)):
        for _, parameters in _build(mistake).calls:
            package = parameters.get("ZipFile") or (parameters.get("Code") or parameters.get("Content") or {}).get(
                "ZipFile"
            )
            for path, text in _files(package).items() if package else ():
                if path.endswith(".py"):
                    compile(text, path, "exec")
                    assert "import boto3" not in text
                    assert "import requests" not in text


@pytest.mark.parametrize(
    ("mistake", "operation", "index", "parameter", "value"),
    [
        ("baseline-memory", "create_function", 0, "MemorySize", 256),
        ("five-reserved", "put_function_concurrency", 0, "ReservedConcurrentExecutions", 5),
        ("provisioned-on-staging", "put_provisioned_concurrency_config", 0, "Qualifier", "user1-staging"),
        ("capital-letters", "create_alias", 2, "FunctionName", "User1-Optimized-Function"),
        ("underscores", "put_dashboard", 0, "DashboardName", "user1_lambda_optimization"),
        ("alias-without-prefix", "create_alias", 1, "Name", "prod"),
        ("switched-off", "put_function_concurrency", 1, "ReservedConcurrentExecutions", 0),
    ],
)
def test_a_mistake_changes_its_call(mistake: str, operation: str, index: int, parameter: str, value: Any) -> None:
    assert _build(mistake).named(operation)[index][parameter] == value


def test_mistakes_omit_calls() -> None:
    assert _build("nothing-built").calls == []
    assert "user1-baseline-function" not in json.dumps(_build("no-baseline").named("create_function"), default=str)
    assert len(_build("no-staging-alias").named("create_alias")) == 2
    assert "Timeout" not in _build("optimized-timeout").named("create_function")[1]


def test_the_handouts_version_2_has_the_wrong_file() -> None:
    package = _build("handouts-version-2").named("update_function_code")[0]["ZipFile"]
    assert list(_files(package)) == ["optimized_function_v2.py"]


def test_a_class_is_the_same_for_the_same_seed() -> None:
    first = simulate_class(LAB, 12, seed=3)
    assert first == simulate_class(LAB, 12, seed=3)
    assert first != simulate_class(LAB, 12, seed=4)
    assert [student.username for student in first] == [f"user{number}" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("students", "perfect", "one_mistake", "half_done", "nothing_built", "access_denied"),
    [
        (0, 0, 0, 0, 0, 0),
        (1, 1, 0, 0, 0, 0),
        (2, 1, 1, 0, 0, 0),
        (3, 1, 1, 1, 0, 0),
        (4, 1, 1, 1, 1, 0),
        (5, 1, 1, 1, 1, 1),
        (8, 2, 3, 1, 1, 1),
        (100, 25, 72, 1, 1, 1),
    ],
)
@every_lab
def test_a_class_has_every_kind_of_student(
    lab_id: str,
    students: int,
    perfect: int,
    one_mistake: int,
    half_done: int,
    nothing_built: int,
    access_denied: int,
) -> None:
    pack, enrolled = load_pack(lab_id), simulate_class(lab_id, students, ungraded=True)
    kinds = Counter(student.kind for student in enrolled)
    assert (kinds[Kind.PERFECT], kinds[Kind.ONE_MISTAKE]) == (perfect, one_mistake)
    assert (kinds[Kind.HALF_DONE], kinds[Kind.NOTHING_BUILT]) == (half_done, nothing_built)
    assert kinds[Kind.ACCESS_DENIED] == access_denied
    for student in enrolled:
        assert (not student.mistakes) is (student.kind in (Kind.PERFECT, Kind.ACCESS_DENIED))
        assert set(student.fails) == frozenset().union(*(pack.mistake(mistake).fails for mistake in student.mistakes))


@every_lab
def test_without_iam_every_student_can_be_graded_in_full(lab_id: str) -> None:
    for students in range(1, 20):
        enrolled = simulate_class(lab_id, students)
        assert len(enrolled) == students
        assert all(student.kind is not Kind.ACCESS_DENIED and not student.not_graded for student in enrolled)


@every_lab
def test_half_done_is_about_half_of_the_points_and_each_of_its_mistakes_is_found(lab_id: str) -> None:
    lab, pack = find_lab(lab_id), load_pack(lab_id)
    mistakes = [pack.mistake(mistake) for mistake in pack.half_done]
    assert len(mistakes) >= 3
    fails = frozenset().union(*(mistake.fails for mistake in mistakes))
    assert sum(len(mistake.fails) for mistake in mistakes) == len(fails), "no check is failed by two"
    assert all(not prerequisites(lab, name) & fails for name in fails), "no check is skipped because of another"
    left = sum(item.points for item in lab.checks if not {item.id, *prerequisites(lab, item.id)} & fails)
    assert 40 <= left <= 60


def test_the_default_class_of_the_demonstration_has_eight_mistakes() -> None:
    assert sum(len(student.mistakes) for student in simulate_class(LAB, 8, ungraded=True)) == 8


def test_mistakes_differ_while_there_are_enough_and_are_slow_only_on_request() -> None:
    made = [student.mistakes[0] for student in simulate_class(LAB, 60) if student.kind is Kind.ONE_MISTAKE]
    assert len(made) == len(set(made)) == 42
    slow = {mistake.id for mistake in PACK.mistakes if mistake.slow}
    everything = {mistake for student in simulate_class(LAB, 400) for mistake in student.mistakes}
    assert everything == {mistake.id for mistake in PACK.mistakes} - slow
    assert slow <= {mistake for student in simulate_class(LAB, 400, slow=True) for mistake in student.mistakes}


def test_an_enrolled_student_is_a_row() -> None:
    row = next(student for student in simulate_class(LAB, 12) if student.kind is Kind.ONE_MISTAKE).to_dict()
    assert set(row) == {"username", "kind", "mistakes", "fails", "not_graded"}
    assert row["kind"] == "one mistake"
    assert json.loads(json.dumps(row)) == row


def test_an_unknown_mistake_or_lab_is_an_error() -> None:
    with pytest.raises(BadInputError, match="lab lambda-optimization has no mistake 'x'"):
        PACK.mistake("x")
    with pytest.raises(BadInputError, match=r"^there is no lab 'no-such-lab'; the labs are: lambda-fundamentals, "):
        load_pack("no-such-lab")


def test_a_lab_without_a_solution_cannot_be_simulated(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "lab.yaml").write_text("id: bare\n")
    with (
        searching(tmp_path),
        pytest.raises(BadInputError, match=r"^bare cannot be simulated, because it has no solution.py$"),
    ):
        load_pack("bare")
