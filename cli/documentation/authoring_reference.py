"""Make `docs/authoring-reference.md` from the source: all names that labs and checks of teachers can use.

``cli.documentation.catalogue`` writes the page and tests whether it is current.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cli.documentation.source_entries import ClassEntry, Doc, Entry, defining_module, find_definition, read_module
from cli.project import ROOT

PAGE = ROOT / "docs" / "authoring-reference.md"

_JUDGING = "labgrader.judging"
_SNAPSHOT = "labgrader.evidence.snapshot"
_STUDENT = "checks.simulation.student"
_MISTAKE = "checks.simulation.mistake"
_BUILDERS = ("checks.simulation.builders", "checks.simulation.operations", "checks.simulation.rest_api")

_MORE_VALUES = ("labgrader.evidence.load.plan", *_BUILDERS, _STUDENT, _MISTAKE)
"""More modules with type aliases and constants that appear in signatures."""

_FOR_SOLUTIONS = {"BASIC_EXECUTION"}
"""Constants for solutions."""

_NOT_FOR_CHECKS = {"answers", "to_dict"}
"""Members of evidence that only the recorder uses, like class methods named ``from_…``."""

_EMPTY = {"dict": "{}", "list": "[]", "set": "set()"}

_HEAD = """# What a lab and a check of your own can use

Every name with its signature and its docstring. `make docs` writes this page from the source; do not edit it.
[Write a lab of your own](write-a-lab.md) explains the steps. [The checks](checks.md) lists the built-in checks.

- [What a check imports](#what-a-check-imports)
- [What a check reads](#what-a-check-reads): `Snapshot`, `Probe`, `LoadTest` and the classes that they return
- [What a solution calls](#what-a-solution-calls)
- [What a mistake is made of](#what-a-mistake-is-made-of)

A field of evidence has its default if AWS returned no value. `Json` is any JSON value. If your check raises an error,
the check is not graded, and the report names the file and the line.
"""

_MISTAKE_EXAMPLES = """
Leave a step out, and add one at the end:

```python
Mistake("no-queue", "created no queue", {"queue-named"}, changed(without("create_queue", "jobs")))
Mistake("queue-deleted", "deleted the queue", {"queue-named"}, afterwards(delete_queue))
```

Here `delete_queue` is your own function with the student as its parameter. It makes API calls with `student.call`,
which mistakes do not change:

```python
def delete_queue(student: SimulatedStudent) -> None:
    url = student.call("get_queue_url", "sqs", QueueName=student.named("jobs"))["QueueUrl"]
    student.call("delete_queue", "sqs", QueueUrl=url)
```
"""


def reference() -> str:
    """Return the reference as Markdown."""
    evidence = _reached(["Snapshot", "Probe", "LoadTest"])
    parts = [
        _HEAD,
        "\n## What a check imports\n",
        f"\nFrom `{_JUDGING}`. The next section has the classes of the evidence.\n",
        *_names(_JUDGING, {evidence_class.name for evidence_class in evidence}),
        f"\nFrom `{_SNAPSHOT}`, in addition to the classes of the next section:\n",
        *_names(_SNAPSHOT, {evidence_class.name for evidence_class in evidence}),
        "\n## What a check reads\n\n",
        "The first parameter of a check is a `Snapshot`, a `Probe` or a `LoadTest`. The readers of AWS services are\n",
        "properties of the snapshot: `snapshot.sqs.queue(name)` returns a `Queue`, or `None` if there is no such\n",
        "queue. If AWS refused an API call, its reader raises `NotGradedError`. Do not catch it: the check is then\n",
        "not graded.\n",
        *(_class(evidence_class) for evidence_class in evidence),
        "\n## What a solution calls\n",
        *(_class(_found_class(name, _STUDENT)) for name in ("SimulatedStudent", "Step")),
        *(_functions(module) for module in _BUILDERS),
        "\n## What a mistake is made of\n\n",
        f"Import all of these from `{_MISTAKE}`. A mistake names a step by its operation, its target and its name;\n",
        "the functions above describe them under “Step”. Pass functions that return a `Change` to `changed(…)`.\n",
        _MISTAKE_EXAMPLES,
        _class(_found_class("Mistake", _MISTAKE)),
        _functions(_MISTAKE),
    ]
    page = "".join(parts)
    return f"{page}\n## Named types and constants\n\n{''.join(_named_values(page, evidence))}"


def _reached(roots: Sequence[str]) -> list[ClassEntry]:
    """Return the classes that a check can reach from its evidence, each after the first class that refers to it."""
    found: dict[str, ClassEntry] = {}

    def visit(name: str, module: str) -> None:
        definition = find_definition(name, module)
        if definition is None or name in found:
            return
        home = defining_module(name, module)
        if isinstance(definition, ClassEntry):
            found[name] = definition
            types = [type_name for member in _offered(definition) for type_name in member.types]
        else:
            types = list(definition.types) if definition.kind == "value" else []
        for type_name in types:
            visit(type_name, home)

    judging = read_module(_JUDGING)
    for root in roots:
        visit(root, _JUDGING if root in judging.imported else _SNAPSHOT)
    for name in judging.exported:
        function = find_definition(name, _JUDGING)
        for type_name in function.types if isinstance(function, Entry) else ():
            if type_name not in judging.exported:
                visit(type_name, defining_module(name, _JUDGING))
    return list(found.values())


def _offered(entry: ClassEntry) -> list[Entry]:
    return [
        member for member in entry.members if member.name not in _NOT_FOR_CHECKS and not member.name.startswith("from_")
    ]


def _found_class(name: str, module: str) -> ClassEntry:
    return read_module(module).classes[name]


def _names(module: str, elsewhere: set[str]) -> Iterator[str]:
    """Yield the exported names of a module: functions and constants, then classes that no other section describes."""
    exported = [find_definition(name, module) for name in sorted(read_module(module).exported, key=str.lower)]
    yield "\n"
    yield from (_entry(exported_entry) for exported_entry in exported if isinstance(exported_entry, Entry))
    yield from (
        _class(exported_entry)
        for exported_entry in exported
        if isinstance(exported_entry, ClassEntry) and exported_entry.name not in elsewhere
    )


def _functions(module: str) -> str:
    known = read_module(module)
    entries = [function for function in known.functions.values() if not function.name.startswith("_")]
    constants = [constant for constant in known.values.values() if constant.name in _FOR_SOLUTIONS]
    return f"\n### `{module}`\n\n{''.join(map(_entry, [*constants, *entries]))}"


def _class(entry: ClassEntry) -> str:
    """Return a class as Markdown: docstring, fields as a table, properties and methods as a list."""
    made_by_hand = "answers" not in entry.constructor
    lines = [f"\n### `{entry.name}{entry.constructor if made_by_hand else ''}`\n"]
    lines += [f"\n{paragraph}\n" for paragraph in entry.doc.paragraphs]
    offered = _offered(entry)
    fields = [member for member in offered if member.kind == "field"]
    if fields:
        lines += ["\n| field | type | |\n| --- | --- | --- |\n"]
        lines += [
            f"| `{field.name}` | `{_cell(_field_type(field))}` | {_about(field.name, entry.doc)} |\n"
            for field in fields
        ]
    elif entry.doc.arguments:
        lines += ["\n", *(f"- `{name}`: {text}\n" for name, text in entry.doc.arguments.items())]
    others = [member for member in offered if member.kind != "field"]
    if others:
        lines += ["\n", *map(_entry, others)]
    return "".join(lines)


def _about(name: str, doc: Doc) -> str:
    """Return the text of a docstring about a field. One entry may describe several fields."""
    texts = (text for names, text in doc.arguments.items() if name in names.replace("`", "").split(", "))
    return _cell(next(texts, ""))


def _field_type(entry: Entry) -> str:
    """Return the type and default of a field, with an empty value instead of a default factory."""
    return re.sub(r"field\(default_factory=(\w+)\)", lambda found: _EMPTY[found[1]], entry.signature)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _entry(entry: Entry) -> str:
    """Return a function, property or constant as a list item, followed by its parameters."""
    between = {"function": "", "property": ": ", "value": " = "}[entry.kind]
    words = " ".join(entry.doc.paragraphs)
    lines = [
        f"- `{entry.name}{between}{entry.signature}`\\\n  {words}\n"
        if words
        else f"- `{entry.name}{between}{entry.signature}`\n"
    ]
    lines += [f"  - {_code(names)}: {text}\n" for names, text in entry.doc.arguments.items()]
    if entry.doc.returns:
        lines.append(f"  - Returns {entry.doc.returns}\n")
    lines += [
        f"  - Raises {_code(error)}: {text}\n"
        for error, _, text in (raised.partition(": ") for raised in entry.doc.raises)
    ]
    return "".join(lines)


def _code(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


def _named_values(page: str, evidence: Sequence[ClassEntry]) -> Iterator[str]:
    """Yield the type aliases and constants that a page mentions but does not explain."""
    judging = read_module(_JUDGING)
    reached = [
        *((name, _JUDGING) for name in judging.exported),
        *(
            (evidence_class.name, _SNAPSHOT)
            for evidence_class in evidence
            if evidence_class.name in read_module(_SNAPSHOT).exported
        ),
    ]
    homes = {defining_module(name, module) for name, module in reached} | {*judging.imported.values(), *_MORE_VALUES}
    values = {name: value for home in sorted(homes) for name, value in read_module(home).values.items()}
    for name in sorted(values):
        if re.search(rf"\b{name}\b", page) and f"- `{name} = " not in page and not name.startswith("_"):
            yield _entry(values[name])
