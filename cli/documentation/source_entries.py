"""Read the signatures and docstrings of a module from its source text.

The text is parsed, not imported, so that all versions of Python give the same result.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_SECTION = re.compile(r"^(Args|Returns|Raises):\n((?:(?: {4}.*)?(?:\n|$))*)", re.MULTILINE)


@dataclass(frozen=True)
class Doc:
    """A docstring in parts, as Markdown.

    Args:
        paragraphs: the paragraphs before the sections, without those that begin with ``Source:``.
        arguments: the entries of ``Args`` by name; ``a, b`` for an entry about two arguments.
        returns: the text of ``Returns``, or empty.
        raises: the entries of ``Raises``.
    """

    paragraphs: tuple[str, ...] = ()
    arguments: dict[str, str] = field(default_factory=dict)
    returns: str = ""
    raises: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A function, a method, a property, a field, a constant or a type alias.

    Args:
        name: its name.
        kind: ``function``, ``property``, ``field`` or ``value``.
        signature: a function's parameters and result; a field's type and default; an alias's or constant's value.
        doc: its docstring.
        types: the names in its annotations.
    """

    name: str
    kind: str
    signature: str
    doc: Doc
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClassEntry:
    """A class with its public members.

    Args:
        name: its name.
        doc: its docstring.
        members: its public fields, properties and methods in the order of the source.
        constructor: the parameters of its ``__init__``, or empty if it defines none.
    """

    name: str
    doc: Doc
    members: tuple[Entry, ...]
    constructor: str = ""


@dataclass(frozen=True)
class Module:
    """The names of a module in the order of the source.

    Args:
        functions, classes: its functions and classes by name.
        values: its constants and type aliases by name.
        imported: by imported name, the module from which it is imported.
        exported: the names in ``__all__``.
    """

    functions: dict[str, Entry]
    classes: dict[str, ClassEntry]
    values: dict[str, Entry]
    imported: dict[str, str]
    exported: tuple[str, ...]


@cache
def read_module(name: str) -> Module:
    """Read the source text of a module.

    Raises:
        ModuleNotFoundError: the module does not exist.
    """
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(name)
    text = Path(found.origin).read_text(encoding="utf-8")
    module = Module({}, {}, {}, {}, ())
    exported: tuple[str, ...] = ()
    body = ast.parse(text).body
    for node, following in zip(body, [*body[1:], None], strict=True):
        match node:
            case ast.FunctionDef():
                module.functions[node.name] = _function(node, text)
            case ast.ClassDef():
                module.classes[node.name] = _class(node, text)
            case ast.ImportFrom(module=str(source)):
                module.imported.update({alias.asname or alias.name: source for alias in node.names})
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                exported = tuple(ast.literal_eval(node.value))
            case ast.Assign(targets=[ast.Name(id=title)]):
                module.values[title] = _value(title, node.value, following, text)
    return Module(module.functions, module.classes, module.values, module.imported, exported)


def find_definition(name: str, module: str) -> Entry | ClassEntry | None:
    """Return the definition of a name in a module, also through imports; ``None`` for names of other projects."""
    while module.partition(".")[0] in ("labgrader", "cli"):
        known = read_module(module)
        found = known.functions.get(name) or known.classes.get(name) or known.values.get(name)
        if found is not None or name not in known.imported:
            return found
        module = known.imported[name]
    return None


def defining_module(name: str, module: str) -> str:
    """Return the module that defines a name of a module."""
    while name in (imported := read_module(module).imported):
        module = imported[name]
    return module


def parse_doc(text: str | None) -> Doc:
    """Split a docstring into its parts."""
    cleaned = inspect.cleandoc(text or "").replace("``", "`")
    sections = {found[1]: found[2] for found in _SECTION.finditer(f"{cleaned}\n")}
    body = _SECTION.sub("", f"{cleaned}\n")
    paragraphs = tuple(
        " ".join(part.split())
        for part in body.split("\n\n")
        if part.strip() and not part.lstrip().startswith("Source:")
    )
    arguments = dict(_named(entry) for entry in _entries(sections.get("Args", "")))
    returns = " ".join(sections.get("Returns", "").split())
    return Doc(paragraphs, arguments, returns, tuple(_entries(sections.get("Raises", ""))))


def _entries(section: str) -> Iterator[str]:
    """Yield the entries of a section. An indented line continues the entry before it."""
    entry = ""
    for line in inspect.cleandoc(f"\n{section}").splitlines():
        if entry and not line.startswith(" "):
            yield entry
            entry = ""
        entry = f"{entry} {line.strip()}".strip()
    if entry:
        yield entry


def _named(entry: str) -> tuple[str, str]:
    name, _, text = entry.partition(": ")
    return name, text


def _function(node: ast.FunctionDef, text: str) -> Entry:
    decorators = {decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)}
    result = _text(node.returns, text)
    annotations = [node.returns, *(argument.annotation for argument in _every_argument(node.args))]
    types = tuple(name for annotation in annotations for name in _names(annotation))
    doc = parse_doc(ast.get_docstring(node))
    if decorators & {"property", "cached_property"}:
        return Entry(node.name, "property", result, doc, types)
    return Entry(node.name, "function", f"({_parameters(node.args, text)}) -> {result}", doc, types)


def _class(node: ast.ClassDef, text: str) -> ClassEntry:
    members: list[Entry] = []
    constructor = ""
    for statement in node.body:
        match statement:
            case ast.FunctionDef(name="__init__"):
                constructor = f"({_parameters(statement.args, text)})"
            case ast.FunctionDef(name=name) if not name.startswith("_"):
                members.append(_function(statement, text))
            case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
                default = f" = {_text(statement.value, text)}" if statement.value else ""
                signature = f"{_text(statement.annotation, text)}{default}"
                members.append(Entry(name, "field", signature, Doc(), tuple(_names(statement.annotation))))
    return ClassEntry(node.name, parse_doc(ast.get_docstring(node)), tuple(members), constructor)


def _value(name: str, value: ast.expr, following: ast.stmt | None, text: str) -> Entry:
    match following:
        case ast.Expr(value=ast.Constant(value=str(docstring))):
            doc = parse_doc(docstring)
        case _:
            doc = Doc()
    return Entry(name, "value", _text(value, text), doc, tuple(_names(value)))


def _parameters(arguments: ast.arguments, text: str) -> str:
    """Return the parameters on one line as in the source, without ``self`` and ``cls``."""
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [*[None] * (len(positional) - len(arguments.defaults)), *arguments.defaults]
    written: list[str] = []
    for index, (argument, default) in enumerate(zip(positional, defaults, strict=True), start=1):
        if argument.arg not in ("self", "cls"):
            written.append(_parameter(argument, default, text))
        if index == len(arguments.posonlyargs):
            written.append("/")
    if arguments.vararg:
        written.append(f"*{_parameter(arguments.vararg, None, text)}")
    elif arguments.kwonlyargs:
        written.append("*")
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    written += [_parameter(argument, default, text) for argument, default in pairs]
    if arguments.kwarg:
        written.append(f"**{_parameter(arguments.kwarg, None, text)}")
    return ", ".join(written)


def _parameter(argument: ast.arg, default: ast.expr | None, text: str) -> str:
    annotation = f": {_text(argument.annotation, text)}" if argument.annotation else ""
    if default is None:
        return f"{argument.arg}{annotation}"
    return f"{argument.arg}{annotation}{' = ' if annotation else '='}{_text(default, text)}"


def _every_argument(arguments: ast.arguments) -> list[ast.arg]:
    starred = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *starred]


def _text(node: ast.expr | None, text: str) -> str:
    return " ".join((ast.get_source_segment(text, node) or "").split()) if node else "None"


def _names(node: ast.expr | None) -> Iterator[str]:
    if node is not None:
        yield from (child.id for child in ast.walk(node) if isinstance(child, ast.Name))
