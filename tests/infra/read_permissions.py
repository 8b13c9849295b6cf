"""The permissions to read: what the templates grant, what the recorder needs, and the lines that differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from labgrader.recording.operations import API_PATHS, IAM_ACTIONS
from tests.infra.template_reading import ROOT, statements, template

READ_ACTIONS = {action for needed in IAM_ACTIONS.values() for action in needed}
"""The IAM actions that the questions of all checks take."""

_TEMPLATES = ("template.yaml", "student_account.yaml")


def granted(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the two statements of a template that let the recorder read: of everything else, and of REST APIs."""
    if name == "template.yaml":
        found = statements("TakeSnapshotFunction")
    else:
        reader = template(name)["Resources"]["Reader"]["Properties"]
        found = reader["Policies"][0]["PolicyDocument"]["Statement"]
    return (
        next(statement for statement in found if "lambda:ListFunctions" in statement["Action"]),
        next(statement for statement in found if statement.get("Sid") == "ReadRestApis"),
    )


def api_resource(path: str) -> str:
    """Return a path of API Gateway as it stands in a template, without its tag."""
    return f"arn:${{AWS::Partition}}:apigateway:*::{path}"


def lines_to_change(name: str, text: str, present: Iterable[str], wanted: Iterable[str], neighbor: str) -> str:
    """Say which lines of a list in a template are missing or too many, as they have to be pasted.

    Args:
        name: the file of the template in ``infra/``.
        text: its text.
        present: the entries of the list.
        wanted: what it must hold, in any order.
        neighbor: an entry of the list that is always there; the new lines are indented as it is.

    Returns:
        Empty if nothing is to be changed.
    """
    found = re.search(rf"^( *- (?:!Sub )?){re.escape(neighbor)}(?= |$)", text, re.MULTILINE)
    assert found, f"infra/{name} has no line with {neighbor}"
    number = text.count("\n", 0, found.start()) + 1
    have, want = Counter(present), Counter(set(wanted))
    differences = (("add these lines to", want - have), ("remove these lines from", have - want))
    return "".join(
        f"infra/{name}: {what} the list of line {number}\n"
        + "".join(f"{found[1]}{entry}\n" for entry in sorted(entries))
        for what, entries in differences
        if entries
    )


def changes() -> str:
    """Return every line that has to be changed in the templates so that the recorder may read what it asks for."""
    found = []
    for name in _TEMPLATES:
        others, apis = granted(name)
        text = (ROOT / "infra" / name).read_text(encoding="utf-8")
        wanted = READ_ACTIONS - {"apigateway:GET"}
        found.append(lines_to_change(name, text, others["Action"], wanted, "lambda:ListFunctions"))
        paths = map(api_resource, API_PATHS)
        found.append(lines_to_change(name, text, apis["Resource"], paths, api_resource("/restapis")))
    return "".join(found)
