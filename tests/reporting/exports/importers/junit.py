"""Reads JUnit XML as CI systems do."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from xml.etree import ElementTree

from tests.reporting.exports.importers.refusal import RefusedError

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_cases(content: bytes) -> dict[tuple[str, str], tuple[str, str]]:
    """Return what each case came to, by class name and name: the outcome and its message."""
    text = content.decode("utf-8")
    references = [int(found) for found in re.findall(r"&#([0-9]+);", text)]
    if ILLEGAL.search(text) or any(ILLEGAL.search(chr(number)) for number in references):
        raise RefusedError("not XML 1.0: no test is shown")
    root = ElementTree.fromstring(text)  # noqa: S314  it is our own
    if root.tag not in ("testsuites", "testsuite"):
        raise RefusedError("no suite")
    cases: dict[tuple[str, str], tuple[str, str]] = {}
    for suite in root.iter("testsuite"):
        outcomes: Counter[str] = Counter()
        if suite.get("timestamp"):
            datetime.fromisoformat(f"{suite.get('timestamp')}Z")
        for case in suite.iter("testcase"):
            key = str(case.attrib["classname"]), str(case.attrib["name"])
            if key in cases:
                raise RefusedError(f"{key} is given twice")
            outcome = next((child for child in case if child.tag in ("failure", "error", "skipped")), None)
            cases[key] = ("passed", "") if outcome is None else (outcome.tag, str(outcome.get("message")))
            outcomes[cases[key][0]] += 1
        counts = [int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")]
        if counts != [outcomes.total(), outcomes["failure"], outcomes["error"], outcomes["skipped"]]:
            raise RefusedError("the counts are wrong")
    return cases
