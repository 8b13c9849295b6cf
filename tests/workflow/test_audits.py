"""A graded class, and the night after: what the deployed audit carries over, misses and adds up."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.schemas import validate
from labgrader.store import Keys

pytestmark = pytest.mark.workflow


def test_the_night_after_a_graded_run_tells_what_changed_without_a_call(stack: Any) -> None:
    stack.build("nightly")
    stack.run("graded-before", ["nightly"])
    graded = stack.report("graded-before", "nightly")
    functions = stack.client("lambda")
    functions.put_function_concurrency(FunctionName="nightly-optimized-function", ReservedConcurrentExecutions=3)
    functions.delete_function(FunctionName="nightly-error-handling-function")
    stack.run("night-after", ["nightly"], mode="audit")
    report = stack.report("night-after", "nightly")
    validate(report, "report")
    audit = report["audit"]
    assert audit["compared_with"]["run_id"] == audit["carried_over_from"]["run_id"] == "graded-before"
    assert audit["gone"] == ["function nightly-error-handling-function"]
    assert audit["mended"] == []
    before = {check["id"]: check["status"] for check in graded["checks"]}
    assert audit["drifted"]
    for one in audit["drifted"]:
        assert (one["from"], before[one["check"]]) == ("passed", "passed")
    (running,) = audit["running"]
    assert running["resource"] == "nightly-optimized-function:nightly-prod"
    carried = [check for check in report["checks"] if "carried_over" in check]
    assert {check["kind"] for check in carried} == {"behaviour", "performance"}
    assert all(check["status"] == before[check["id"]] for check in carried)
    summary = stack.store.get_json(Keys("night-after").audit)
    validate(summary, "audit")
    assert [student["username"] for student in summary["students"]] == ["nightly"]
    latest = stack.store.latest("nightly", "lambda-optimization")
    assert latest["run_id"] == "graded-before"
