"""Import the files that a teacher added: checks, solutions and mistakes."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from labgrader.errors import BadInputError, Problem

_CALLING = frozenset(
    {"aiobotocore", "aiohttp", "boto3", "botocore", "httpx", "requests", "socket", "subprocess", "urllib3"}
)
"""Packages that call AWS, another service or another program: no check imports one."""


def import_added_check(file: Path) -> ModuleType:
    """Import the file of an added check.

    Its folder is a package of its own: ``from ._shared import words`` finds a file beside it, here as on Lambda, where
    both lie in the package ``checks``.

    Raises:
        BadInputError: it cannot be imported; the problem names the file and the line.
    """
    if calling := _imports_that_call(file):
        raise BadInputError(calling)
    folder = file.parent.resolve()
    package = f"labgrader_checks_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    if package not in sys.modules:
        module = ModuleType(package)
        module.__path__ = [str(folder)]
        sys.modules[package] = module
    return import_file(f"{package}.{file.stem}", file)


def _imports_that_call(file: Path) -> list[Problem]:
    """Return the imports of a check that could call AWS or another service. Files beside it are not checked."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):  # said with its line when the file is imported
        return []
    problems = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        else:
            continue
        problems += [
            Problem(
                f"imports {name}: a check judges recorded evidence and must not call AWS or other services",
                str(file),
                node.lineno,
            )
            for name in names
            if name.partition(".")[0] in _CALLING
        ]
    return problems


def import_file(name: str, file: Path) -> ModuleType:
    """Import a file by its path. Import it again if it was imported before.

    Raises:
        BadInputError: it cannot be imported; the problem names the file and the line.
    """
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise BadInputError([Problem("cannot be imported", str(file))])
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass looks for the module that it is defined in
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001  (a teacher's file may raise anything)
        del sys.modules[name]
        raise BadInputError([_import_problem(error, file)]) from None
    return module


def _import_problem(error: Exception, file: Path) -> Problem:
    """Say why a file cannot be imported, with the last line of it, or of a file beside it, that was reached."""
    if isinstance(error, SyntaxError):
        return Problem(f"cannot be imported: {error.msg}", error.filename or str(file), error.lineno)
    folder = file.parent.resolve()
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve().is_relative_to(folder)
    ]
    source, line = (frames[-1].filename, frames[-1].lineno) if frames else (str(file), None)
    return Problem(f"cannot be imported: {type(error).__name__}: {error}", source, line)
