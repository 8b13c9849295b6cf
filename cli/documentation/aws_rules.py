"""The rules of AWS that the checks judge, from the section ``Sources:`` of their docstrings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from labgrader.judging.check import Check

_SECTION = re.compile(r"\n\nSources:\n((?:[ ]{4}.*(?:\n|$))+)")
_ENTRY = re.compile(r"(.+): (https://\S+)", re.DOTALL)

_HEAD = """
## Rules of AWS

What AWS requires, recommends or charges, by check, with its source. The table has the checks with a section `Sources:`
in their docstring.

| check | rule | source |
| --- | --- | --- |
"""


@dataclass(frozen=True)
class AwsRule:
    """A rule of AWS that a check judges.

    Args:
        check: the name of the check.
        sentence: the rule.
        source: the address of AWS's page.
    """

    check: str
    sentence: str
    source: str


def without_sources(docstring: str) -> str:
    """Return a docstring without its section ``Sources:``."""
    return _SECTION.sub("\n\n", docstring).rstrip()


def aws_rules(check: Check) -> list[AwsRule]:
    """Return the rules in a check's docstring, in their order. An entry is a sentence, a colon and an address.

    Raises:
        ValueError: an entry has no address.
    """
    section = _SECTION.search(check.description)
    entries: list[str] = []
    for line in section.group(1).splitlines() if section else ():
        if line.startswith(" " * 8):
            entries[-1] += f" {line.strip()}"
        else:
            entries.append(line.strip())
    return [_rule(check, entry) for entry in entries]


def _rule(check: Check, entry: str) -> AwsRule:
    found = _ENTRY.fullmatch(entry)
    if found is None:
        raise ValueError(f"check {check.name}: an entry of Sources has no address: {entry}")
    return AwsRule(check.name, f"{found.group(1).rstrip('.')}.", found.group(2))


def rules_table(checks: Sequence[Check]) -> str:
    """Return the rules of all checks as a section in Markdown, or an empty text if there are none."""
    rows = [
        f"| [`{rule.check}`](#{rule.check}) | {rule.sentence.replace('``', '`').replace('|', '&#124;')} "
        f"| <{rule.source}> |\n"
        for check in sorted(checks, key=lambda check: check.name)
        for rule in aws_rules(check)
    ]
    return _HEAD + "".join(rows) if rows else ""
