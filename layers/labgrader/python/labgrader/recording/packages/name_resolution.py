"""What a name in code stands for, and which names stand for nothing.

Trees are walked without recursion: code may be hostile.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

MAX_STEPS = 20
"""Names that are looked up for one: ``a = b``, ``b = c``, … and attributes and calls in one expression."""

MAX_LENGTH = 200
"""Characters after which a name is not written out any further."""

_SCOPES = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)

_KNOWN = frozenset(
    {
        *dir(builtins),
        "__annotations__",
        "__builtins__",
        "__cached__",
        "__class__",
        "__doc__",
        "__file__",
        "__module__",
        "__name__",
        "__package__",
        "__path__",
        "__qualname__",
        "__spec__",
        "PythonFinalizationError",  # what newer Pythons than ours have
        "frozendict",
    }
)

_MAKES_NAMES = frozenset({"exec", "globals", "setattr", "NameError"})
"""Code that uses these may define names that this analysis cannot find, or may handle missing names."""


@dataclass
class Scope:
    """The names of a module, a function or a class.

    Args:
        names: what a name stands for: a module or something of it as text, an expression, or ``None`` where the file
            does not tell (a parameter).
        outer: the scope around it.
        is_class: whether it is a class. Its methods do not see its names.
        qualified: the name of the function or class, with those it lies in.
    """

    names: dict[str, str | ast.expr | None] = field(default_factory=dict)
    outer: Scope | None = None
    is_class: bool = False
    qualified: str = ""

    def find(self, name: str) -> tuple[str | ast.expr | None, Scope | None]:
        """Return the value of a name and the scope that binds it; ``None`` if no scope does."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope.names[name], scope
            scope = scope.outer
        return None, None


def bound_in(node: _SCOPES, outer: Scope | None) -> Scope:
    """Return the names that a module, function or class binds, each with its first value that can be resolved."""
    scope = Scope(outer=outer, is_class=isinstance(node, ast.ClassDef), qualified=outer.qualified if outer else "")
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        scope.names.update(dict.fromkeys(_parameters(node.args)))
    for statement in _statements(node):
        for name, value in _bindings(statement):
            if scope.names.get(name) is None:
                scope.names[name] = value
    return scope


def dotted(node: ast.expr, scope: Scope) -> str:
    """Return the dotted name of what is called, as far as the file tells, or empty (``handlers[0]()``)."""
    ends: list[str] = []
    here: Scope | None = scope
    for _ in range(MAX_STEPS):
        if isinstance(node, ast.Attribute):
            ends.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Await):
            node = node.value
        elif isinstance(node, ast.Name):
            value, found = here.find(node.id) if here else (None, None)
            if found is None or value is None:
                return _joined(node.id, ends)
            if isinstance(value, str):
                return _joined(value, ends)
            # a name that is made from itself (`path = path.strip()`) means the one further out
            here = (
                found.outer
                if any(isinstance(part, ast.Name) and part.id == node.id for part in _spine(value))
                else found
            )
            node = value
        else:
            return ""
    return ""


def imported_by(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the modules that a statement imports: ``a.b`` of ``from a.b import c``, ``.x`` of ``from .x import y``."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return ["." * node.level + (node.module or "")]


def undefined_in(tree: ast.Module) -> set[str]:
    """Return the names that a file uses and never defines; none if it may define names dynamically."""
    used: set[str] = set()
    defined: set[str] = set()
    postponed = False
    unread: set[int] = set()  # annotations that Python keeps as text
    for node in ast.walk(tree):  # from the outside inwards, so that an annotation comes before its names
        if isinstance(node, ast.Name):
            if id(node) not in unread:
                (used if isinstance(node.ctx, ast.Load) else defined).add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            if "*" in names:
                return set()
            defined |= names
            postponed = postponed or (
                isinstance(node, ast.ImportFrom) and node.module == "__future__" and "annotations" in names
            )
        else:
            defined.update(_defined_by(node))
        if postponed:
            unread.update(id(part) for note in _annotations(node) for part in ast.walk(note))
    if used & _MAKES_NAMES - defined:
        return set()
    return used - defined - _KNOWN


def _defined_by(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node defines, if it is neither a name nor an import."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Global | ast.Nonlocal):
        yield from node.names
    elif not isinstance(
        node, ast.alias
    ):  # `except … as name`, `case {**rest}`, `case [*name]`, `type name = …`, `def f[name]()`
        for attribute in ("name", "rest"):
            value = getattr(node, attribute, None)
            if isinstance(value, str):
                yield value


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    for attribute in ("annotation", "returns"):
        value = getattr(node, attribute, None)
        if isinstance(value, ast.expr):
            yield value


def _parameters(args: ast.arguments) -> Iterator[str]:
    for parameter in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
        if parameter is not None:
            yield parameter.arg


def _statements(node: _SCOPES) -> Iterator[ast.AST]:
    """Yield every node of a scope in the order of the file, without those of inner scopes."""
    stack: list[ast.AST] = list(reversed(node.body)) if not isinstance(node, ast.Lambda) else [node.body]
    while stack:
        statement = stack.pop()
        yield statement
        if not isinstance(statement, _OWN_SCOPE):
            stack.extend(reversed(list(ast.iter_child_nodes(statement))))


def _bindings(node: ast.AST) -> Iterable[tuple[str, str | ast.expr | None]]:
    if isinstance(node, ast.Import):
        return [
            (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2 for alias in node.names
        ]
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        return [(alias.asname or alias.name, f"{module}.{alias.name}") for alias in node.names]
    if isinstance(node, ast.Assign):
        return [(target.id, _telling(node.value)) for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign | ast.NamedExpr) and isinstance(node.target, ast.Name):
        return [(node.target.id, _telling(node.value))]
    if isinstance(node, ast.With | ast.AsyncWith):
        return [
            (item.optional_vars.id, _telling(item.context_expr))
            for item in node.items
            if isinstance(item.optional_vars, ast.Name)
        ]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [(node.name, None)]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):  # a loop, or several names at once
        return [(node.id, None)]
    return []


def _telling(value: ast.expr | None) -> ast.expr | None:
    """Return an expression that may have a dotted name; ``None`` for all others, such as numbers."""
    return value if isinstance(value, ast.Name | ast.Attribute | ast.Call | ast.Await) else None


def _spine(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions that a dotted name is made of, from the last to the first."""
    for _ in range(MAX_STEPS):
        yield node
        if isinstance(node, ast.Attribute | ast.Await):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return


def _joined(first: str, ends: list[str]) -> str:
    return ".".join([first, *reversed(ends)])[:MAX_LENGTH]
