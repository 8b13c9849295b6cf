"""Advice is judged from the records of the checks, and a report can have evidence of every kind."""

from __future__ import annotations

import json
from dataclasses import replace

from labgrader.evidence.probe import Invocation
from labgrader.evidence.probe_results import HttpReply, SentMessages, UploadResult
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Item
from labgrader.messages import quote
from labgrader.steps.run_check import run_check
from labgrader.steps.run_documents import CheckRecord
from labgrader.steps.run_live_check import run_live_check
from labgrader.steps.write_report import write_report
from labgrader.store import Store
from tests.steps.example_run import FIRST, KEYS, LAB, RUN, Function, check_of, planned, recorded

REPORT_LINE = "REPORT RequestId: 8f5\tDuration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 126 MB\t"


def _with_advice(store: Store, *advice: Item) -> None:
    planned(store)
    store.put_json(KEYS.lab, replace(LAB, advice=advice).to_dict())
    recorded(store)
    snapshot = store.get_json(KEYS.snapshot("user1"))
    (function,) = [value for key, value in snapshot["answers"].items() if key.startswith("lambda:GetFunction ")]
    function["value"]["Configuration"]["MemorySize"] = 128
    store.put_json(KEYS.snapshot("user1"), snapshot)


def test_advice_about_behavior_reads_the_records_of_all_checks(store: Store) -> None:
    memory = Item(
        id="memory", check="memory_fits", title="Memory fits", task="Task 1", parameters={"functions": ["{username}-f"]}
    )
    _with_advice(store, memory)

    def answer(question: Question) -> Answer:
        payload = json.dumps({"statusCode": 200, "body": "{}"})
        return Answer(Invocation("user1-f", "answered", payload, log_tail=REPORT_LINE).to_dict())

    run_live_check(store, RUN, "user1", "handled", answer, FIRST)
    (advice,) = write_report(store, RUN, "grade", "user1")["advice"]
    assert advice["message"] == (
        "user1-f used 126 of its 128 MB in 1 invocation. Lambda stops it if it needs more. "
        "A good size is 1.5 to 2 times the memory that is typically used."
    )


def test_advice_that_needs_unrecorded_answers_is_left_out(store: Store) -> None:
    calls = {"function": "{username}-f", "operation": "other", "statuses": [200], "tries": 1}
    load = {"function": "{username}-f", "operation": "other", "concurrency": 2, "requests": 20}
    _with_advice(
        store,
        Item(id="calls", check="answers_only_with", title="Calls", parameters=calls),
        Item(id="loads", check="succeeds_under_load", title="Loads", parameters=load),
    )
    report = write_report(store, RUN, "grade", "user1")
    assert report["advice"] == []


def test_evidence_of_requests_objects_and_messages_is_in_a_valid_report(store: Store) -> None:
    """The responses are stored unchanged, even hostile text, and the report is valid."""
    planned(store)
    recorded(store)
    run_check(store, RUN, "user1", "reserved")
    said = "\ud800<script>=1+1\x00"
    answers = Answers()
    for question, value in (
        ("labgrader:CallApi", HttpReply("answered", 200, {"x": said}, said)),
        ("labgrader:DropObject", UploadResult("timeout", left_behind=[said])),
        ("labgrader:SendMessages", SentMessages("left", 3, 1, 45_000.0)),
    ):
        answers.record(Question(question, {"a": said}), Answer(value.to_dict()))
    verdict = Verdict("failed", 0.0, f"it said {quote(said)}", evidence=(said,))
    store.put_json(KEYS.evidence("user1", "handled"), CheckRecord("handled", answers, verdict).to_dict())
    assert run_live_check(store, RUN, "user1", "handled", Function(), FIRST) == verdict
    report = write_report(store, RUN, "grade", "user1")
    assert check_of(report, "handled")["status"] == "failed"
