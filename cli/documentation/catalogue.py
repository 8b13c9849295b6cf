"""Write `docs/checks.md` from the checks, and `docs/authoring-reference.md` from the source.

python -m cli.documentation.catalogue            write both pages
python -m cli.documentation.catalogue --check    test whether both are current (exit status 1 if one is not)
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.documentation import authoring_reference
from cli.documentation.aws_rules import rules_table, without_sources
from cli.output import console
from cli.project import ROOT
from labgrader.judging.check import Check, all_checks
from labgrader.labs.lab import Lab, find_lab, lab_ids

PAGE = ROOT / "docs" / "checks.md"

_HEAD = """# The checks

All built-in checks with their parameters. `make docs` writes this page from the source; do not edit it.
A lab file (`checks/labs/ID/lab.yaml`) gives each check parameters, a title, points and prerequisites.
The folder has `_` for each `-` of the id. The last section has the [rules of AWS](#rules-of-aws) behind the checks.
"""

_KINDS = {
    "configuration": (
        "Configuration",
        "Judged from the snapshot alone; nothing is invoked. These also run in an audit.",
    ),
    "behaviour": ("Behavior", "Judged from recorded invocations of the student's function."),
    "performance": ("Performance", "Judged from recorded load tests."),
}


def main(arguments: Sequence[str]) -> int:
    """Write the generated pages, or with ``--check`` test whether they are current. Return the exit status."""
    pages = {
        PAGE: catalogue(all_checks(), [find_lab(lab_id) for lab_id in lab_ids()]),
        authoring_reference.PAGE: authoring_reference.reference(),
    }
    if "--check" in arguments:
        stale = [page for page, text in pages.items() if not _is_current(page, text)]
        for page in stale:
            console.info(f"{page.relative_to(ROOT)} is not current; update it with `make docs`")
        return 1 if stale else 0
    for page, text in pages.items():
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
        console.info(f"wrote {page.relative_to(ROOT)}")
    return 0


def _is_current(page: Path, text: str) -> bool:
    return page.is_file() and page.read_text(encoding="utf-8") == text


def catalogue(checks: Sequence[Check], labs: Sequence[Lab]) -> str:
    """Return the catalogue as Markdown.

    Args:
        checks: the checks in the order of the page.
        labs: the labs that may use them.
    """
    parts = [_HEAD]
    for kind, (title, what) in _KINDS.items():
        parts.append(f"\n## {title}\n\n{what}\n")
        parts += [_entry(check, labs) for check in checks if check.kind == kind]
    parts.append(rules_table(checks))
    return "".join(parts)


def _entry(check: Check, labs: Sequence[Lab]) -> str:
    lines = ["", f"### `{check.name}`", "", f"**{check.title}.** {_paragraphs(without_sources(check.description))}", ""]
    properties: dict[str, Any] = check.schema["properties"]
    if properties:
        required = check.schema["required"]
        lines += ["| parameter | type | |", "| --- | --- | --- |"]
        lines += [
            f"| `{name}` | {_type(schema)} | {'required' if name in required else 'optional'} |"
            for name, schema in properties.items()
        ]
        lines.append("")
    used = [
        f"{lab.id} (`{item.id}`)" for lab in labs for item in (*lab.checks, *lab.advice) if item.check == check.name
    ]
    lines += [f"Used by: {', '.join(used) if used else 'no lab yet'}", ""]
    return "\n".join(lines)


def _paragraphs(text: str) -> str:
    """Return a docstring as Markdown, with the section ``Args:`` as a list."""
    body, _, arguments = text.partition("\n\nArgs:\n")
    listed = "".join(
        f" {line.strip()}" if line.startswith("        ") else f"\n- {line.strip()}"
        for line in arguments.splitlines()
        if line.strip()
    )
    return f"{body.strip()}\n{listed}".rstrip().replace("``", "`")


def _type(schema: dict[str, Any]) -> str:
    """Return the type of a parameter in words."""
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(choice) for choice in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if schema.get("type") == "object":
        return f"map to {_type(schema['additionalProperties'])}"
    return {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "null": "nothing",
    }.get(str(schema.get("type", "")), "any value")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
