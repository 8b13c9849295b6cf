"""What code imports and calls, read from its syntax tree. Nothing is executed, and no text of the code is kept.

The answer to ``labgrader:ReadCode`` is one object for each of the student's own files::

    {"Path": "app.py", "Imports": ["boto3"], "Undefined": ["json"], "Problem": "",
     "Calls": [{"Name": "boto3.client", "Line": 7, "In": "handler", "Keywords": ["config"]}]}

Names are written out as far as the file tells: after ``import boto3 as b``, ``b.client`` is ``boto3.client``; after
``session = requests.Session()``, ``session.get`` is ``requests.Session.get``. A call with ``**options`` has the keyword
``**``. What stands under ``if __name__ == "__main__":`` never runs in Lambda and is left out.

A problem is what Python itself says of a file that it refuses (``line 3: invalid syntax``). A file that only we do not
read (too large, too deeply nested, for a newer Python) is left out.
"""

from __future__ import annotations

import ast
import re
import sys
import threading
import warnings
from collections.abc import Iterable

from labgrader.evidence.question import Json
from labgrader.recording.packages.name_resolution import Scope, bound_in, dotted, imported_by, undefined_in
from labgrader.recording.packages.source_files import OwnFiles
from labgrader.recording.redaction import scrubbed

MAX_CALLS = 500
"""Calls that are kept of one file."""

MAX_NAMES = 200
"""Imports and undefined names that are kept of one file."""

MAX_KEYWORDS = 20
"""Keywords that are kept of one call."""

MAX_NAME = 100
"""Characters that are kept of a name."""

_ENDLESS_NAME = re.compile(r"(?:\.[\s\\]*+\w++[\s\\]*+){200}")
"""A name of so many parts that Python's parser takes gigabytes to join them (``import a.a.a…``)."""

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef

_one_at_a_time = threading.Lock()
"""A tree of 200 KB of hostile code takes 100 MB, and Python's warnings are silenced for all threads at once."""


def read_code(own: OwnFiles | None) -> Json:
    """Return what the student's own files import and call, or ``None`` where there is nothing to read."""
    if own is None:
        return None
    found = [_file(path, problem=problem) for path, problem in own.problems.items()]
    for path, source in own.texts.items():
        read = read_file(path, source, own.runtime)
        if read is not None:
            found.append(read)
    return sorted(found, key=lambda file: str(file["Path"]))


def read_file(path: str, source: str, runtime: str = "") -> dict[str, Json] | None:
    """Read one file.

    Args:
        source: its text, at most ``MAX_FILE_BYTES``.
        runtime: what runs it: ``python3.13``.

    Returns:
        As above, with a problem if Python refuses the file. ``None`` if only labgrader cannot read it, because it is
        nested too deeply or needs a newer Python.
    """
    if "\0" in source:
        return _file(path, problem=_at(source.count("\n", 0, source.index("\0")) + 1, "it holds a null byte"))
    if _ENDLESS_NAME.search(source):
        return None
    try:
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _distilled(path, ast.parse(source))
    except SyntaxError as error:
        if _is_newer(runtime):
            return None
        return _file(path, problem=_at(error.lineno or 1, error.msg))
    except (RecursionError, MemoryError, ValueError):
        return None


def _distilled(path: str, tree: ast.Module) -> dict[str, Json]:
    imports: set[str] = set()
    calls: list[tuple[int, int, dict[str, Json]]] = []
    outside = 0
    stack: list[tuple[ast.AST, str, Scope]] = [(tree, "", bound_in(tree, None))]
    while stack:
        node, function, scope = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.update(imported_by(node))
        elif isinstance(node, ast.Return) and not function:
            outside = outside or node.lineno
        elif isinstance(node, ast.Call) and len(calls) < MAX_CALLS and (name := dotted(node.func, scope)):
            keywords = [(keyword.arg or "**")[:MAX_NAME] for keyword in node.keywords[:MAX_KEYWORDS]]
            called = {"Name": name[:MAX_NAME], "Line": node.lineno, "In": function[:MAX_NAME], "Keywords": keywords}
            calls.append((node.lineno, node.col_offset, called))
        stack.extend(reversed(list(_below(node, function, scope))))  # in the order of the file
    if outside:
        return _file(path, problem=_at(outside, "'return' outside function"))
    calls.sort(key=lambda call: call[:2])
    return _file(path, imports, [call for _, _, call in calls], undefined_in(tree))


def _below(node: ast.AST, function: str, scope: Scope) -> Iterable[tuple[ast.AST, str, Scope]]:
    """Return the children of a node, each with the function around it and the names in its scope."""
    if isinstance(node, ast.If) and _is_main(node.test):
        return [(child, function, scope) for child in node.orelse]
    if isinstance(node, _FUNCTIONS):
        inner, named = bound_in(node, scope), _within(scope.qualified, node.name)
        inner.qualified = named
        outer = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        return [*((child, function, scope) for child in outer), *((child, named, inner) for child in node.body)]
    if isinstance(node, ast.Lambda):
        return [(node.body, _within(scope.qualified, "<lambda>"), bound_in(node, scope))]
    if isinstance(node, ast.ClassDef):
        inner = bound_in(node, scope)
        inner.qualified = _within(scope.qualified, node.name)
        outer = [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
        return [*((child, function, scope) for child in outer), *((child, function, inner) for child in node.body)]
    return [(child, function, scope) for child in ast.iter_child_nodes(node)]


def _within(outer: str, name: str) -> str:
    return f"{outer}.{name}"[:MAX_NAME] if outer else name[:MAX_NAME]


def _is_main(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and [type(operator) for operator in test.ops] == [ast.Eq]
    )


def _is_newer(runtime: str) -> bool:
    """Say whether a runtime is a newer Python than the one that reads here, and may know more syntax."""
    version = re.fullmatch(r"python3\.(\d{1,3})", runtime)
    return version is not None and int(version.group(1)) > sys.version_info.minor


def _at(line: int, what: str) -> str:
    return f"line {line}: {scrubbed(what, MAX_NAME)}"


def _file(
    path: str,
    imports: Iterable[str] = (),
    calls: list[dict[str, Json]] | None = None,
    undefined: Iterable[str] = (),
    problem: str = "",
) -> dict[str, Json]:
    return {
        "Path": path[: 2 * MAX_NAME],
        "Imports": [name[:MAX_NAME] for name in sorted(imports)[:MAX_NAMES]],
        "Calls": calls or [],
        "Undefined": [name[:MAX_NAME] for name in sorted(undefined)[:MAX_NAMES]],
        "Problem": problem,
    }
