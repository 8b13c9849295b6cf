"""Where labs and checks are found: the built-in ones, and the folders that a teacher adds.

A built-in check lies in ``checks/SERVICE/NAME.py``, a built-in lab in ``checks/labs/ID/lab.yaml``, with underscores in
the folder's name for the hyphens of the id. An added folder holds ``ID/lab.yaml`` for each lab, and checks in
``checks/NAME.py``. Deploying copies both into the folder of the built-in ones, so on Lambda everything is built in and
no folder is added.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from labgrader.errors import BadInputError, Problem

CHECKS = "checks"
"""The folder of checks within an added folder; so no lab can have this id."""

LAB_FILE = "lab.yaml"

_NO_CHECKS = frozenset({"labs", "simulation", "wording"})
"""Folders of ``checks/`` in which no check lies."""

_added: tuple[Path, ...] = ()


def added_folders() -> tuple[Path, ...]:
    """Return the folders that were added to the built-in one, in their order."""
    return _added


def use_folders(folders: Sequence[Path]) -> None:
    """Search these folders too, in place of those that were added before.

    Args:
        folders: as the user names them; messages show them in this form.

    Raises:
        BadInputError: one is not a folder.
    """
    global _added  # noqa: PLW0603  (the one place that knows the search path; threads must see it too)
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        raise BadInputError([Problem("there is no such folder of labs", str(folder)) for folder in missing])
    _added = tuple(folders)


def refuse_empty_folders(folders: Sequence[Path]) -> None:
    """Refuse folders that add nothing: with them, a command would only say that there is no such lab.

    Raises:
        BadInputError: a folder holds neither a lab nor a check; the message names the folder that was probably meant.
    """
    empty = [folder for folder in folders if next(_files_of(folder), None) is None]
    if empty:
        raise BadInputError([Problem(_holds_no_labs(folder), str(folder)) for folder in empty])


def _holds_no_labs(folder: Path) -> str:
    """Say what is missing in a folder, and which folder was probably meant: the one above a lab, or one below."""
    said = f"this folder holds no lab and no check: it needs ID/{LAB_FILE} or {CHECKS}/NAME.py"
    if (folder / LAB_FILE).is_file():
        return f"{said}. It is the folder of one lab: give the folder above it, {folder.parent}"
    below = sorted(file.parent.parent for file in folder.glob(f"*/*/{LAB_FILE}"))
    return f"{said}. Did you mean {below[0]}?" if below else said


@contextmanager
def searching(*folders: Path) -> Iterator[None]:
    """Search these folders too for as long as a block lasts.

    Raises:
        BadInputError: one is not a folder.
    """
    before = added_folders()
    use_folders(folders)
    try:
        yield
    finally:
        use_folders(before)


def built_in_checks() -> Path:
    """Return the folder of the built-in checks; the built-in labs lie in its folder ``labs``."""
    spec = importlib.util.find_spec("checks")  # located by name: the checks import the library, not the other way round
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the package checks is not installed beside labgrader")
    return Path(next(iter(spec.submodule_search_locations)))


def lab_id_of(file: Path) -> str:
    """Return the id of the lab of a lab file: the name of its folder, with hyphens for underscores.

    The folders of the built-in labs are packages. A package name has no hyphen, and an id has no underscore.
    """
    return file.parent.name.replace("_", "-")


@dataclass(frozen=True)
class CheckFile:
    """The file of a check.

    Args:
        path: the file.
        module: the module of a built-in check; empty for a check of an added folder.
    """

    path: Path
    module: str = ""


def lab_files() -> dict[str, Path]:
    """Return every lab file by the id of its lab, which is the name of its folder.

    Raises:
        BadInputError: two labs have one id.
    """
    found = _built_in_labs()
    built_in, problems = set(found), []
    for folder in _added:
        for file in sorted(folder.glob(f"*/{LAB_FILE}")):
            lab_id = lab_id_of(file)
            if lab_id in built_in:
                said = f"{lab_id} is a built-in lab: use another id, and `extends: {lab_id}` to change only parts"
                problems.append(Problem(said, str(file), field="id"))
            elif lab_id in found:
                problems.append(Problem(f"{lab_id} is already the lab of {found[lab_id]}", str(file), field="id"))
            elif lab_id == CHECKS:
                problems.append(Problem("no lab can have this id: it is the folder of your checks", str(file)))
            else:
                found[lab_id] = file
    if problems:
        raise BadInputError(problems)
    return dict(sorted(found.items()))


def built_in_lab_ids() -> set[str]:
    """Return the ids of the built-in labs."""
    return set(_built_in_labs())


def _built_in_labs() -> dict[str, Path]:
    return {lab_id_of(file): file for file in sorted((built_in_checks() / "labs").glob(f"*/{LAB_FILE}"))}


def check_files() -> dict[str, CheckFile]:
    """Return the file of every check by the check's name.

    Files with a name that begins with ``_`` are not checks: several checks share them.

    Raises:
        BadInputError: two checks have one name, or a file cannot be a check by its name.
    """
    found: dict[str, CheckFile] = {}
    problems = []
    for check in _built_in_check_files(built_in_checks()):
        name = check.path.stem
        if name in found:
            problems.append(Problem(f"{name} is already the check of {found[name].path}", str(check.path)))
        else:
            found[name] = check
    for folder in _added:
        for file in sorted((folder / CHECKS).glob("*.py")):
            name = file.stem
            if name.startswith("_"):
                continue
            if not name.isidentifier():
                said = "a check's file has the name of its function: letters, digits and underscores"
                problems.append(Problem(said, str(file)))
            elif name not in found:
                found[name] = CheckFile(file)
            elif found[name].module:
                problems.append(Problem(f"{name} is a built-in check: use another name", str(file)))
            else:
                problems.append(Problem(f"{name} is already the check of {found[name].path}", str(file)))
    if problems:
        raise BadInputError(problems)
    return dict(sorted(found.items()))


@cache
def _built_in_check_files(root: Path) -> tuple[CheckFile, ...]:
    """Return the built-in checks: those of the services' folders, and those that were deployed with them.

    They do not change while a process runs, and every search for a check needs them.

    Args:
        root: the folder of the built-in checks.
    """
    return tuple(
        CheckFile(file, ".".join((root.name, *file.relative_to(root).with_suffix("").parts)))
        for folder in (root, *sorted(root.iterdir()))
        if folder.is_dir() and folder.name not in _NO_CHECKS
        for file in sorted(folder.glob("*.py"))
        if not file.name.startswith("_")
    )


def added_files() -> dict[str, Path]:
    """Return what deploying adds to the folder ``checks``, by its path in there: lab files, checks and what they share.

    Solutions and mistakes stay behind: what grades students holds no answers.

    Raises:
        BadInputError: two files would have one place.
    """
    lab_files()
    check_files()  # both refuse what is there twice
    found: dict[str, Path] = {}
    problems = []
    for folder in _added:
        for inside, file in _files_of(folder):
            if (built_in_checks() / inside).exists():
                problems.append(Problem(f"{CHECKS}/{inside} is a built-in file: use another name", str(file)))
            elif inside in found:
                problems.append(Problem(f"{found[inside]} has the same name: rename one of them", str(file)))
            else:
                found[inside] = file
    if problems:
        raise BadInputError(problems)
    return found


def _files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of one added folder that are deployed, with their paths in the folder ``checks``."""
    for file in sorted(folder.glob(f"*/{LAB_FILE}")):
        yield f"labs/{file.relative_to(folder).as_posix()}", file
    for file in sorted((folder / CHECKS).rglob("*")):
        inside = file.relative_to(folder / CHECKS)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
        if file.is_file() and not hidden and file.suffix != ".pyc" and inside.as_posix() != "__init__.py":
            yield inside.as_posix(), file
