"""Advice is judged from what was recorded for the checks, and evidence of every kind is part of the report."""

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


def test_advice_about_behaviour_reads_what_was_recorded_for_all_checks(store: Store) -> None:
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


def test_advice_asks_nothing_that_was_not_recorded(store: Store) -> None:
    calls = {"function": "{username}-f", "operation": "other", "statuses": [200], "tries": 1}
    load = {"function": "{username}-f", "operation": "other", "concurrency": 2, "requests": 20}
    _with_advice(
        store,
        Item(id="calls", check="answers_only_with", title="Calls", parameters=calls),
        Item(id="loads", check="succeeds_under_load", title="Loads", parameters=load),
    )
    report = write_report(store, RUN, "grade", "user1")
    assert report["advice"] == []


def test_the_evidence_of_calls_objects_and_messages_is_part_of_a_valid_report(store: Store) -> None:
    """What such calls came back with is kept as it is, hostile text and all, and the report is still a valid one."""
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
