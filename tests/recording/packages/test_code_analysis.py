"""The analysis of code finds imports, calls and undefined names, and hostile code does no harm."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import pytest

from benchmarks.stub_aws import StubAws, served, zipped
from labgrader.errors import NotGradedError
from labgrader.recording.packages.code_analysis import MAX_CALLS, MAX_NAME, read_code, read_file
from labgrader.recording.packages.source_files import OwnFiles
from labgrader.rosters import Student
from tests.recording.recording import record, record_all, recorder

F = "user1-f"


def read(source: str) -> dict[str, Any]:
    found = read_file("app.py", source)
    assert found is not None
    return found


def calls(source: str) -> list[str]:
    return [call["Name"] for call in read(source)["Calls"]]


# --- calls ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import boto3\nboto3.client('s3')", "boto3.client"),
        ("import boto3 as b\nb.client('s3')", "boto3.client"),
        ("from boto3 import client\nclient('s3')", "boto3.client"),
        ("from boto3 import client as c\nc('s3')", "boto3.client"),
        ("import os.path\nos.path.join()", "os.path.join"),
        ("import os.path as p\np.join()", "os.path.join"),
        ("from . import shared\nshared.f()", "..shared.f"),
        ("make = boto3.client\nmake()", "boto3.client"),
        ("print(1)", "print"),
        ("handlers[0]()", None),
        ("''.join(x)", None),
    ],
)
def test_a_call_has_its_dotted_name(source: str, name: str | None) -> None:
    assert calls(source) == ([] if name is None else [name])


@pytest.mark.parametrize(
    "source",
    [
        "import requests\nsession = requests.Session()\nsession.get(1)",
        "import requests\nsession: object = requests.Session()\nsession.get(1)",
        "import requests\nwith requests.Session() as session:\n    session.get(1)",
        "from requests import Session\ndef f():\n    session = Session()\n    session.get(1)",
        "from requests import Session\nsession = None\ndef f():\n    global session\n"
        "    session = Session()\n    session.get(1)",
        "import requests\nrequests.Session().get(1)",
        "import requests\nif (session := requests.Session()):\n    session.get(1)",
    ],
)
def test_a_name_that_was_assigned_is_written_out(source: str) -> None:
    assert calls(source)[-1] == "requests.Session.get" or "requests.Session.get" in calls(source)


def test_a_parameter_or_a_loop_hides_what_is_imported_under_another_name() -> None:
    assert calls("import requests as r\ndef f(r):\n    r.get(1)") == ["r.get"]
    assert calls("import requests as r\ndef f(x):\n    for r in x:\n        r.get(1)") == ["r.get"]


@pytest.mark.parametrize("source", ["a = a.b()\na.c()", "a = b.c()\nb = a.d()\na.e()", "x = x\nx()"])
def test_cyclic_names_are_resolved(source: str) -> None:
    assert isinstance(calls(source), list)


def test_a_call_has_its_line_function_and_keywords() -> None:
    source = """import boto3
boto3.client("s3", config=1)
class A:
    made = boto3.resource("s3")
    def m(self):
        def inner():
            boto3.client("sqs", **options)
        return lambda: boto3.client("sns")
@boto3.wrap()
def handler(event, context=boto3.default()):
    boto3.client("iam")
if __name__ == "__main__":
    boto3.client("never")
else:
    boto3.client("loads")
"""
    found = [(call["Line"], call["Name"], call["In"], call["Keywords"]) for call in read(source)["Calls"]]
    assert found == [
        (2, "boto3.client", "", ["config"]),
        (4, "boto3.resource", "", []),
        (7, "boto3.client", "A.m.inner", ["**"]),
        (8, "boto3.client", "A.m.<lambda>", []),
        (9, "boto3.wrap", "", []),
        (10, "boto3.default", "", []),
        (11, "boto3.client", "handler", []),
        (15, "boto3.client", "", []),
    ]


@pytest.mark.parametrize("many", [MAX_CALLS, MAX_CALLS + 1])
def test_calls_are_kept_up_to_a_bound(many: int) -> None:
    found = read("f()\n" * many)["Calls"]
    assert [call["Line"] for call in found] == list(range(1, MAX_CALLS + 1))


def test_long_names_are_cut() -> None:
    long = "n" * (MAX_NAME + 1)
    found = read(f"import {long}\ndef {long}():\n    {long}({long}=1)\nx{long}")
    assert found["Imports"] == [long[:-1]]
    assert found["Undefined"] == [f"x{long}"[:MAX_NAME]]
    (call,) = found["Calls"]
    assert (call["Name"], call["In"], call["Keywords"]) == (long[:-1], long[:-1], [long[:-1]])


def test_no_text_of_the_code_is_kept() -> None:
    found = read("import boto3\nKEY = 'AKIAABCDEFGHIJKLMNOP'\nboto3.client('hunter2', aws_secret_access_key='hunter3')")
    assert "AKIA" not in json.dumps(found)
    assert "hunter" not in json.dumps(found)


def test_imports_are_listed() -> None:
    source = "import os, sys as s\nfrom a.b import c\nfrom .x import y\ndef f():\n    import json"
    assert read(source)["Imports"] == [".x", "a.b", "json", "os", "sys"]


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "undefined"),
    [
        ("def h(e, c):\n    return json.dumps(e)", ["json"]),
        ("import json\ndef h(e, c):\n    return json.dumps(e)", []),
        ("def h(e: Dict): pass", ["Dict"]),
        ("from __future__ import annotations\ndef h(e: Dict) -> List: pass", []),
        ("import json as j\njson.dumps(1)", ["json"]),
        ("print(len(__file__), __name__)", []),
        ("try:\n    pass\nexcept ValueError as e:\n    print(e)", []),
        ("match x:\n    case {'a': a, **rest}: print(a, rest)\n    case [b, *more]: print(b, more)", ["x"]),
        ("[a for a in range(3)]\nlambda q: q\nfor i, (j, k) in []: print(i, j, k)", []),
        ("from x import *\nnobody()", []),
        ("globals()['a'] = 1\na", []),
        ("try:\n    unicode\nexcept NameError:\n    unicode = str", []),
        ("def f():\n    return helper()\ndef helper(): pass", []),
        ("class A:\n    def f(self): return __class__", []),
    ],
)
def test_undefined_names_are_found(source: str, undefined: list[str]) -> None:
    assert read(source)["Undefined"] == undefined


# --- what is no Python ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("a = 1\n\ndef f(:\n", "line 3: invalid syntax"),
        ("a = 1\n\0", "line 2: it holds a null byte"),
        ("a = 1\nreturn a", "line 2: 'return' outside function"),
        ("def f():\npass", "line 2: expected an indented block after function definition on line 1"),
        ("x = '", "line 1: unterminated string literal (detected at line 1)"),
    ],
)
def test_a_syntax_error_is_a_problem(source: str, problem: str) -> None:
    assert read(source) == {"Path": "app.py", "Imports": [], "Calls": [], "Undefined": [], "Problem": problem}


def test_syntax_of_a_newer_python_is_ignored() -> None:
    minor = sys.version_info.minor
    assert read_file("app.py", "def f(:", f"python3.{minor + 1}") is None
    assert read_file("app.py", "def f(:", f"python3.{minor}") is not None


def test_an_invalid_escape_causes_no_warning() -> None:
    assert read('import re\nre.compile("\\d")\n1 is 1')["Problem"] == ""


HOSTILE = {
    "parentheses": "(" * 190_000,
    "closed": "(" * 190 + ")" * 190,
    "minus": "-" * 190_000 + "1",
    "plus": "1" + "+1" * 99_000,
    "attributes": "a" + ".b" * 99_000,
    "calls": "a" + "()" * 60_000,
    "lambdas": "lambda:" * 28_000 + "1",
    "import": "import " + "a." * 60_000 + "b",
    "from": "from " + "." * 190_000 + " import x",
    "digits": "x=" + "9" * 199_000,
    "indent": "".join(" " * depth + "if 1:\n" for depth in range(500)),
    "f-strings": "f'{" * 60_000,
    "broken": "f(a=b for c in d " * 100,
    "string": "'" * 199_999,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_code_does_no_harm(source: str) -> None:
    found: list[object] = []
    reading = threading.Thread(target=lambda: found.append(read_file("app.py", source)), daemon=True)
    reading.start()  # as the recorder does: a thread has a smaller stack
    reading.join(300)
    assert len(found) == 1


def test_a_file_that_cannot_be_decoded_has_its_problem() -> None:
    (found,) = read_code(OwnFiles({}, {"app.py": "line 2: not UTF-8 text"}))
    assert (found["Path"], found["Problem"]) == ("app.py", "line 2: not UTF-8 text")


# --- as a question --------------------------------------------------------------------------------------------------


def test_code_is_recorded_and_the_package_is_downloaded_once() -> None:
    aws = StubAws()
    aws.add_function(F, Handler="app.handler")
    with served(zipped({"app.py": "import boto3\nboto3.client('s3')\n", "b.py": "json"})) as aws.package_url:
        recording = recorder(aws)
        readings = [lambda s: s.code(F), lambda s: s.package(F)]
        snapshot = record_all(recording, readings, [Student("user1")])["user1"]
        assert aws.package_url not in json.dumps(snapshot.to_dict())
    assert recording.calls["labgrader:ReadPackage"] == 1
    assert recording.calls["labgrader:ReadCode"] == 0
    assert snapshot.package(F).paths == ("app.py", "b.py")
    code = snapshot.code(F)
    assert code is not None
    app, other = code
    assert (app.path, app.imports, app.problem) == ("app.py", ("boto3",), "")
    assert [(call.name, call.line, call.function) for call in app.calls] == [("boto3.client", 2, "")]
    assert other.undefined == ("json",)


@pytest.mark.parametrize(
    "configuration", [{"PackageType": "Image"}, {"Runtime": "nodejs22.x"}, {"CodeSize": 10**9}], ids=str
)
def test_a_package_of_another_language_has_no_code(configuration: dict[str, Any]) -> None:
    aws = StubAws()
    aws.add_function(F, **configuration)
    with served(zipped({"app.py": ""})) as aws.package_url:
        snapshot = record(aws, lambda s: s.code(F))
    assert snapshot.code(F) is None


def test_a_package_without_python_files_has_no_sources() -> None:
    aws = StubAws()
    aws.add_function(F)
    with served(zipped({"readme.txt": ""})) as aws.package_url:
        snapshot = record(aws, lambda s: s.code(F))
    assert snapshot.code(F) == []


def test_code_that_cannot_be_downloaded_is_not_graded() -> None:
    aws = StubAws()
    aws.add_function(F)
    with served(b"", 403) as aws.package_url:
        snapshot = record(aws, lambda s: s.code(F))
    with pytest.raises(NotGradedError) as refused:
        snapshot.code(F)
    assert (refused.value.action, refused.value.reason) == (
        "labgrader:ReadCode",
        "UnreadablePackageError: the package could not be fetched (HTTP 403)",
    )
