"""The reason of each check in audits, and the reason codes in code, schemas and texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.stub_aws import StubAws
from labgrader.judging.verdict import failed, not_graded
from labgrader.labs.lab import Lab
from labgrader.messages import quote
from labgrader.reasons import Reason, split_reason, with_reason
from labgrader.rosters import Student
from labgrader.schemas import read_schema, validate
from labgrader.steps.check_outcomes import AUDIT_INVOKES_NOTHING
from labgrader.steps.run_check import run_check
from labgrader.steps.summarise_run import summarise_run
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, RunRecord, Store
from tests.steps.graded_for_a_reason import (
    KEYS,
    LIVE,
    RESERVED,
    RUN,
    STARTED,
    aws,
    check,
    kept_record,
    planned,
    reported,
    snapshot_of,
)

pytestmark = pytest.mark.usefixtures("stack_environment")

ROOT = Path(__file__).parents[2]


def audit_configuration(store: Store, run_id: str, lab: Lab, username: str, stub: StubAws) -> Keys:
    """Audit one student, and judge the configuration checks."""
    keys, student = Keys(run_id), Student(username, account_id="111122223333", region="us-east-1")
    store.put_json(keys.lab, lab.to_dict())
    store.put_json(keys.students, [student.to_dict()])
    store.record_run(RunRecord(run_id=run_id, lab=lab.id, mode="audit", status="running", started_at=STARTED))
    store.put_json(keys.snapshot(username), snapshot_of(lab, student, stub))
    run_check(store, run_id, username, "reserved")
    return keys


def test_audit_carries_over_failures_and_has_the_reason_of_a_drift(store: Store) -> None:
    lab = planned(store, RESERVED, LIVE)
    store.put_json(KEYS.evidence("user1", "live"), kept_record("live", failed("500 instead of 200")))
    assert reported(store, check("reserved"))["live"]["reason"] == "student"
    keys = audit_configuration(store, "audit-1", lab, "user1", aws(reserved=None))
    report = write_report(store, "audit-1", "audit", "user1")
    carried = report["checks"][1]
    assert (carried["status"], carried["reason"], carried["carried_over"]["run_id"]) == ("failed", "carried_over", RUN)
    assert [(change["check"], change["reason"]) for change in report["audit"]["drifted"]] == [("reserved", "student")]
    told: list[Any] = []
    summarise_run(store, "audit-1", STARTED, publish=lambda *events: told.extend(events))
    drift = told[0]
    validate(drift.detail, drift.schema)
    assert [(change["check"], change["reason"]) for change in drift.detail["drifted"]] == [("reserved", "student")]
    assert store.get_json(keys.audit)["not_graded"] == []


def test_audit_without_a_graded_run_has_the_reason_needs_graded_run(store: Store) -> None:
    lab = planned(store, RESERVED, LIVE)
    stub = StubAws()
    stub.add_function("user2-f", reserved=10)
    keys = audit_configuration(store, "first", lab, "user2", stub)
    needs = write_report(store, "first", "audit", "user2")["checks"][1]
    assert (needs["status"], needs["reason"], needs["message"]) == (
        "not_graded",
        "needs_graded_run",
        AUDIT_INVOKES_NOTHING,
    )
    summarise_run(store, "first", STARTED)
    entries = store.get_json(keys.audit)["not_graded"]
    assert [(entry["code"], entry["needs_graded_run"]) for entry in entries] == [("needs_graded_run", True)]


def test_reason_codes_are_the_same_in_code_schemas_and_openapi() -> None:
    codes = [str(reason) for reason in Reason]
    report, audit = read_schema("report"), read_schema("audit")
    graded, drift = read_schema("events/student-graded"), read_schema("events/drift-detected")
    api = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text(encoding="utf-8"))["components"]["schemas"]
    for listed in (
        report["$defs"]["reason"],
        audit["$defs"]["reason"],
        graded["properties"]["not_graded_reasons"]["items"],
        drift["properties"]["drifted"]["items"]["properties"]["reason"],
        api["Report_reason"],
    ):
        assert listed["enum"] == codes
    for part in ("Report_check", "Report_visible_check"):
        assert api[part]["properties"]["reason"] == {"$ref": "#/components/schemas/Report_reason"}
        assert "reason" not in api[part]["required"], "reports of earlier versions have none"


@pytest.mark.parametrize("reason", list(Reason))
def test_reason_in_a_text_is_read_back(reason: Reason) -> None:
    for text in ("", "two\nlines", "[denied] and more", quote("\u202e")):
        assert split_reason(with_reason(reason, text)) == (reason, text)


@pytest.mark.parametrize("text", ["", "[sunny] x", "denied: x", " [denied] x", "[denied]x", "[DENIED] x"])
def test_text_without_a_reason_is_unchanged(text: str) -> None:
    assert split_reason(text) == (None, text)


def test_verdict_keeps_its_reason() -> None:
    for reason in Reason:
        verdict = not_graded("x", reason)
        assert type(verdict).from_dict(json.loads(json.dumps(verdict.to_dict()))) == verdict
