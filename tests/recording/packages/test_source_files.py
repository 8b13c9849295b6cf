"""The reader separates a student's own files from dependencies, and no zip file does harm."""

from __future__ import annotations

import io
import zipfile

import pytest

from benchmarks.stub_aws import zipped
from labgrader.recording.packages import source_files


def paths(files: dict[str, str], handler: str = "app.handler") -> list[str]:
    found = source_files.own_files(zipped(files), handler, "python3.13")
    assert found is not None
    return sorted({**found.texts, **found.problems})


def test_only_the_students_own_files_are_read() -> None:
    files = {
        "app.py": "",
        "helper.py": "",
        "src/part.py": "",
        "requests/__init__.py": "",
        "six.py": "",
        "lonely.py": "",
        "idna.py": "",
        "lonely-1.0.dist-info/RECORD": "lonely.py,sha256=x,12\nidna/core.py,,\n",
        "idna-3.dist-info/top_level.txt": "idna\n",
        "readme.txt": "",
        "..\\x.py": "",
    }
    assert paths(files) == ["app.py", "helper.py"]
    assert paths(files, "src.part.handler") == ["app.py", "helper.py", "src/part.py"]
    assert paths(files, "src/part.handler") == ["app.py", "helper.py", "src/part.py"]
    assert paths({**files, "requests-2.dist-info/RECORD": "requests/__init__.py,,"}, "requests.handler") == [
        "app.py",
        "helper.py",
    ]


@pytest.mark.parametrize("handler", ["", ".", "handler", "../x.handler", "a.b.c.d"])
def test_any_handler_name_is_accepted(handler: str) -> None:
    assert paths({"app.py": ""}, handler) == ["app.py"]


def test_files_are_read_up_to_a_number_and_the_handler_first() -> None:
    files = {f"a{number:02}.py": "" for number in range(source_files.MAX_FILES)}
    assert paths({**files, "z.py": ""}, "z.handler") == [*sorted(files)[:-1], "z.py"]


@pytest.mark.parametrize("more", [0, 1])
def test_a_file_is_read_up_to_a_size(more: int) -> None:
    large = "#" * (source_files.MAX_FILE_BYTES + more)
    assert paths({"app.py": "", "large.py": large}) == ["app.py", "large.py"][: 2 - more]


def test_all_files_together_are_read_up_to_a_size() -> None:
    size = source_files.MAX_FILE_BYTES
    fitting = source_files.MAX_TOTAL_BYTES // size
    files = {f"a{number}.py": "#" * size for number in range(fitting + 2)}
    assert len(paths(files)) == fitting


def test_lists_of_dependencies_are_read_up_to_a_size_together() -> None:
    """As many lists of a package are read as fit, by name. A listed file counts only if it exists."""
    size = source_files.MAX_RECORD_BYTES
    fitting = source_files.MAX_RECORDS_BYTES // size
    lists = {
        f"d{number}.dist-info/top_level.txt": f"m{number}\nelsewhere\n".ljust(size, "\n")
        for number in range(fitting + 2)
    }
    files = {f"m{number}.py": "" for number in range(fitting + 2)}
    assert paths({**files, **lists}, "app.handler") == [f"m{fitting}.py", f"m{fitting + 1}.py"]


def bomb(method: int) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        archive.writestr("app.py", b"#" * 50_000_000)
        archive.writestr("other.py", b"import os")
    return content.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_bomb_is_not_unpacked(method: int) -> None:
    found = source_files.own_files(bomb(method), "app.handler", "python3.13")
    assert found is not None
    assert list(found.texts) == (["other.py"] if method == zipfile.ZIP_DEFLATED else [])


def test_a_broken_entry_is_left_out() -> None:
    content = bytearray(zipped({"app.py": "import os", "other.py": "import sys"}))
    content[content.index(b"import os")] ^= 255  # the checksum is wrong
    found = source_files.own_files(bytes(content), "app.handler", "python3.13")
    assert found is not None
    assert list(found.texts) == ["other.py"]
    assert source_files.own_files(b"not a zip", "app.handler", "python3.13") is None


@pytest.mark.parametrize(
    ("source", "text", "problem"),
    [
        ("# é".encode(), "# é", None),
        (b"\xef\xbb\xbfa = 1", "a = 1", None),
        (b"# -*- coding: latin-1 -*-\n# \xe9", "# -*- coding: latin-1 -*-\n# é", None),
        (b"a = 1\n# \xe9", None, "line 2: not UTF-8 text"),
        (b"# coding: zlib_codec\n\xff", None, "line 2: not UTF-8 text"),
    ],
)
def test_files_are_decoded_as_python_does(source: bytes, text: str | None, problem: str | None) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", source)
    found = source_files.own_files(content.getvalue(), "app.handler", "python3.13")
    assert found is not None
    assert (found.texts.get("app.py"), found.problems.get("app.py")) == (text, problem)
