"""Make records independent of time and machine: fixed names, times and ids replace those of the run.

A fixed value has the length of the value that it replaces, because sentences cut quoted answers by length.
"""

from __future__ import annotations

import json
import re
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from cli.embedded_aws.server import REGION
from labgrader.moments import isoformat_utc

Json = Any

RECORDED_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""The time in every record."""

_CLOCK_WINDOW = timedelta(days=1)
"""Times within this distance of the snapshot come from a clock. Others are constants of the lab or of a check."""

_ISO_TIME = r"(?P<date>\d{4}-\d\d-\d\d)(?P<separator>[T ])\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?"
_HTTP_TIME = r"(?P<http>[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT)"
_EPOCH_MS = r"(?<![\d.])(?P<epoch_ms>\d{13})(?!\d)"
_TIME = re.compile("|".join((_ISO_TIME, _HTTP_TIME, _EPOCH_MS)))
_UUID = re.compile(r"(?!00000000-0000-)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_WORKER_FOLDER = re.compile(r"(?<=/var/task/)\w{8}(?=/)")
_MEASURED_NUMBER = re.compile(
    r"\d+\.\d+(?:[eE][+-]?\d+)?"
    r'|(?<=\btime": )\d+|(?<=_time": )\d+|(?<=_ms": )\d+'
    r'|(?<=_time\\": )\d+|(?<=_ms\\": )\d+'  # JSON in a JSON string
)

_SIZES = frozenset({"payload_size", "content-length"})
"""Fields that change with the number of digits in the payload."""

_DURATIONS = frozenset({"duration_ms", "waited_ms"})
"""Durations of answers, measured by the grader."""

_COUNTED_UNDER_LOAD = ("labgrader:LoadTest ", "labgrader:Compare ")
"""Questions with answers that are one measurement. Their integers count for example cold starts and retries."""


def normalized(document: Mapping[str, Json], username: str) -> dict[str, Json]:
    """Return a record with a fixed student and fixed times.

    Args:
        document: a record with ``username``, ``snapshot`` and ``evidence``.
        username: the new username. The old one must be unlike any other text in the record.
    """
    taken_at = datetime.fromisoformat(document["snapshot"]["taken_at"])
    text = as_on_aws(json.dumps(document, sort_keys=True))
    record: dict[str, Json] = json.loads(_renamed(text, document["username"], username))
    record = _replace_words(record, _api_gateway_ids(record["snapshot"]["answers"]))
    snapshot = record["snapshot"]
    snapshot["taken_at"] = isoformat_utc(RECORDED_AT)
    answers: dict[str, Json] = {}
    for question, answer in snapshot["answers"].items():
        answers |= _with_fixed_values({question: answer}, taken_at)
    snapshot["answers"] = answers
    record["evidence"] = {check: _with_fixed_values(kept, taken_at) for check, kept in record["evidence"].items()}
    return record


def as_on_aws(text: str) -> str:
    """Replace local folders and addresses by those of Lambda and SQS on AWS.

    The folders of different worker processes stay different, so different messages stay different.
    """
    text = text.replace(sysconfig.get_path("purelib"), "/var/runtime").replace(sys.base_prefix, "/var/lang")
    text = re.sub(r"/[\w./-]*/ministack-lambda-[\w-]*?-(\w{8})/(?:code/)?", r"/var/task/\1/", text)
    return re.sub(r"http://(?:localhost|127\.0\.0\.1):\d+/(\d{12})/", rf"https://sqs.{REGION}.amazonaws.com/\1/", text)


def settled(answers: Mapping[str, Json], reference: Mapping[str, Json]) -> dict[str, Json]:
    """Return answers with the values of a reference, except for values that differ in more than measured numbers.

    The duration of an answer is 0 if the reference does not have the question.

    Args:
        answers: the answers to the questions of one check.
        reference: the perfect student's answers to the questions of the same check.
    """
    return {
        question: _settled_answer(question, answer, reference[question])
        if question in reference
        else _without_durations(answer)
        for question, answer in answers.items()
    }


def without_numbers(text: str) -> str:
    """Return a sentence with ``#`` instead of each number, to compare sentences with measurements."""
    return re.sub(r"\d[\d,.]*", "#", text)


def _renamed(text: str, old: str, new: str) -> str:
    """Replace a name in a text. The new name gets the capital letters of the old one."""

    def replacement(found: re.Match[str]) -> str:
        if found[0].isupper():
            return new.upper()
        return new.capitalize() if found[0][0].isupper() else new

    return re.sub(re.escape(old), replacement, text, flags=re.IGNORECASE)


def _settled_answer(question: str, answer: Json, reference: Json) -> Json:
    counts = question.startswith(_COUNTED_UNDER_LOAD)
    if _without_measurements(answer, counts=counts) == _without_measurements(reference, counts=counts):
        return reference
    if counts:  # parts of two measurements must not be mixed
        return answer
    return _settled_values(answer, reference)


def _without_durations(answer: Json) -> Json:
    value = answer.get("value")
    if not isinstance(value, dict):
        return answer
    return {**answer, "value": {name: 0.0 if name in _DURATIONS else below for name, below in value.items()}}


def _settled_values(value: Json, reference: Json) -> Json:
    if isinstance(value, dict) and isinstance(reference, dict):
        result = {
            name: _settled_values(below, reference[name]) if name in reference else below
            for name, below in value.items()
        }
        if "payload" in result and result["payload"] == reference.get("payload"):
            result["payload_size"] = reference["payload_size"]
        return result
    if isinstance(value, list) and isinstance(reference, list) and len(value) == len(reference):
        return [_settled_values(*both) for both in zip(value, reference, strict=True)]
    return reference if _without_measurements(value) == _without_measurements(reference) else value


def _without_measurements(value: Json, *, counts: bool = False) -> Json:
    if isinstance(value, dict):
        return {
            name: 0 if name in _SIZES else _without_measurements(below, counts=counts) for name, below in value.items()
        }
    if isinstance(value, list):
        return [_without_measurements(below, counts=counts) for below in value]
    if isinstance(value, str):
        return _MEASURED_NUMBER.sub("#", value)
    if isinstance(value, float) or (counts and isinstance(value, int) and not isinstance(value, bool)):
        return 0.0
    return value


def _api_gateway_ids(answers: Mapping[str, Json]) -> dict[str, str]:
    """Return a numbered id for each random id of an API, a deployment, a usage plan or a key, in the order of names."""
    ids: dict[str, str] = {}

    def named(action: str) -> Iterator[str]:
        found = (answers.get(action) or {}).get("value") or {}
        for _, resources in sorted(found.items()):
            yield from (resource["id"] for resource in resources)

    def deployments() -> Iterator[str]:
        for api in named("apigateway:GetRestApis"):
            stages = answers.get(f'apigateway:GetStages {{"restApiId":"{api}"}}') or {}
            yield from (stage["deploymentId"] for stage in stages.get("value") or ())

    def number(found: Iterator[str], prefix: str) -> None:
        for found_id in dict.fromkeys(found):
            count = sum(new.startswith(prefix) for new in ids.values()) + 1
            ids.setdefault(found_id, f"{prefix}{count:0{max(0, len(found_id) - len(prefix))}}")

    number(named("apigateway:GetRestApis"), "api")
    number(deployments(), "deploy")
    number(named("apigateway:GetUsagePlans"), "plan")
    number(named("apigateway:GetApiKeys"), "key")
    return ids


def _replace_words(document: Json, words: Mapping[str, str]) -> Json:
    if not words:
        return document
    pattern = rf"(?<![0-9A-Za-z])(?:{'|'.join(map(re.escape, words))})(?![0-9A-Za-z])"
    return json.loads(re.sub(pattern, lambda found: words[found[0]], json.dumps(document)))


def _with_fixed_values(part: Json, taken_at: datetime) -> dict[str, Json]:
    """Replace the random ids and the times in a part of a record by numbered ones, in their order in the text."""
    uuids: dict[str, str] = {}
    folders: dict[str, str] = {}
    for text in _texts(part):
        for uuid in _UUID.findall(text):
            uuids.setdefault(uuid, f"00000000-0000-4000-8000-{len(uuids) + 1:012}")
        for folder in _WORKER_FOLDER.findall(text):
            folders.setdefault(folder, f"worker{len(folders) + 1:02}")
    text = json.dumps(part, sort_keys=True)
    text = _UUID.sub(lambda found: uuids[found[0]], text)
    text = _WORKER_FOLDER.sub(lambda found: folders[found[0]], text)
    return dict(json.loads(_TIME.sub(_fixed_time(text, taken_at), text)))


def _fixed_time(text: str, taken_at: datetime) -> Callable[[re.Match[str]], str]:
    """Return a function that replaces the times of a text. New times keep order and format, and are a second apart."""
    moments = {found[0]: _moment(found) for found in _TIME.finditer(text)}
    read = sorted({moment for moment in moments.values() if moment and abs(moment - taken_at) < _CLOCK_WINDOW})
    fixed = {moment: RECORDED_AT + timedelta(seconds=second) for second, moment in enumerate(read)}

    def replacement(found: re.Match[str]) -> str:
        moment = moments[found[0]]
        if moment not in fixed:
            return found[0]
        time = fixed[moment]
        if found["http"]:
            return format_datetime(time, usegmt=True)
        if found["epoch_ms"]:
            return str(1000 * int(time.timestamp()))
        fraction = re.sub(r"\d", "0", found["fraction"] or "")
        return f"{time:%Y-%m-%d}{found['separator']}{time:%H:%M:%S}{fraction}{found['zone'] or ''}"

    return replacement


def _moment(found: re.Match[str]) -> datetime | None:
    """Return the time of a text, or ``None`` if there is no such day."""
    try:
        if found["http"]:
            return parsedate_to_datetime(found["http"])
        if found["epoch_ms"]:
            return datetime.fromtimestamp(int(found["epoch_ms"]) / 1000, UTC)
        moment = datetime.fromisoformat(found[0])
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _texts(value: Json) -> Iterator[str]:
    """Yield every text in a value, with names, in an order that does not depend on random ids."""
    if isinstance(value, dict):
        for name, below in sorted(value.items(), key=lambda entry: _UUID.sub("", entry[0])):
            yield name
            yield from _texts(below)
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below)
    elif isinstance(value, str):
        yield value
