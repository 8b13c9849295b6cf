"""Read a student's own Python files in a package, without installed dependencies, within limits."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MAX_FILES = 20
"""Files that are read of one package."""

MAX_FILE_BYTES = 100_000
"""Bytes of a file that is read: a lab's function has 10,000."""

MAX_TOTAL_BYTES = 1_000_000
"""Bytes of all files of one package together."""

MAX_RECORD_BYTES = 1_000_000
"""Bytes of one dependency's list of files that are read: botocore's has 300,000."""

MAX_RECORDS = 100
"""Maximum dependencies with file lists to read."""

MAX_RECORDS_BYTES = 4_000_000
"""Bytes of all those lists together: a zip of 200 KB can hold 200 MB of them, which cost half a minute."""

_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What Lambda unpacks, and what zipfile inflates piece by piece; the others' pieces have no bound."""

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,  # encrypted
    ValueError,
)

_LIST_OF_FILES = re.compile(r"[^/]+\.(?:dist-info/(?:RECORD|top_level\.txt)|egg-info/top_level\.txt)")

_LONE_FILES = ("six.py", "typing_extensions.py", "mypy_extensions.py")
"""Dependencies of one file. Their lists are often deleted to make the package smaller."""

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""A source file's encoding. Source: PEP 263."""

_ENCODINGS = {"latin-1": "latin-1", "iso-8859-1": "latin-1", "iso-8859-15": "iso-8859-15", "cp1252": "cp1252"}


@dataclass(frozen=True)
class OwnFiles:
    """A student's own Python files.

    Args:
        texts: by path.
        problems: why Python would not read a file, by path. Files that only we do not read (too large, or compressed
            in another way than Lambda knows) are left out.
        runtime: what runs them: ``python3.13``.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    runtime: str = ""


def own_files(content: bytes, handler: str, runtime: str) -> OwnFiles | None:
    """Read the student's own Python files: those at the top of the package, and the module of the handler.

    Args:
        content: the zip file; its directory is known to be small.
        handler: ``app.lambda_handler`` or ``src/app.lambda_handler``.
        runtime: ``python3.13``.

    Returns:
        The files; ``None`` where the function is not written in Python, or the zip's directory cannot be read.
    """
    if runtime and not runtime.startswith("python"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(archive, handler, runtime)
    except _UNREADABLE:
        return None


def _read(archive: zipfile.ZipFile, handler: str, runtime: str) -> OwnFiles:
    entries = {entry.filename: entry for entry in archive.infolist()}
    foreign = _of_dependencies(archive, entries)
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    left = MAX_TOTAL_BYTES
    for path in _own_paths(entries, handler, foreign)[:MAX_FILES]:
        source = _inflated(archive, entries[path], min(MAX_FILE_BYTES, left))
        if source is None:
            continue
        left -= len(source)
        try:
            texts[path] = _decoded(source)
        except UnicodeDecodeError as error:
            problems[path] = f"line {source.count(bytes([10]), 0, error.start) + 1}: not UTF-8 text"
    return OwnFiles(texts, problems, runtime)


def _own_paths(entries: Mapping[str, zipfile.ZipInfo], handler: str, foreign: set[str]) -> list[str]:
    """Return the path of the handler's module, then those of the files at the top by name."""
    module = handler.rpartition(".")[0].replace(".", "/").strip("/")
    first = [path for path in (f"{module}.py", f"{module}/__init__.py") if module and path in entries]
    top = sorted(path for path in entries if path.endswith(".py") and "/" not in path and "\\" not in path)
    own = dict.fromkeys([*first, *top])
    return [path for path in own if path not in foreign and path.partition("/")[0] not in foreign]


def _of_dependencies(archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]) -> set[str]:
    """Return the files and folders at the top of the package that belong to installed dependencies."""
    found: set[str] = set(_LONE_FILES)
    top = {path.partition("/")[0] for path in entries}  # what is not in the package needs no memory
    left = MAX_RECORDS_BYTES
    lists = [path for path in entries if _LIST_OF_FILES.fullmatch(path)]
    for path in sorted(lists)[: 2 * MAX_RECORDS]:
        listed = _inflated(archive, entries[path], min(MAX_RECORD_BYTES, left))
        if listed is not None:
            left -= len(listed)
            found.update(name for name in _names_in(path, listed.decode("utf-8", "replace")) if name in top)
    return found


def _names_in(path: str, listed: str) -> Iterator[str]:
    """Yield the names at the top that a RECORD (``six.py,sha256=…,34549``) or a top_level.txt (``six``) lists."""
    for line in listed.splitlines():
        name = line.strip().strip('"')
        if path.endswith("/RECORD"):
            yield name.partition(",")[0].partition("/")[0]
        elif name:
            yield name
            yield f"{name}.py"


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes | None:
    """Inflate one file of at most ``most`` bytes. Return ``None`` if it is larger or cannot be read."""
    if entry.compress_type not in _PLAIN:
        return None
    try:
        with archive.open(entry) as file:
            content = file.read(most + 1)
    except _UNREADABLE:
        return None
    return content if len(content) <= most else None


def _decoded(source: bytes) -> str:
    """Decode a source file as Python does; of other encodings than UTF-8 only those that a teacher has seen.

    Raises:
        UnicodeDecodeError: it is not text in its encoding.
    """
    for line in source.split(b"\n", 2)[:2]:
        cookie = _COOKIE.match(line)
        if cookie:
            name = cookie.group(1).decode("ascii", "replace").lower().replace("_", "-")
            return source.decode(_ENCODINGS.get(name, "utf-8-sig"))
    return source.decode("utf-8-sig")
