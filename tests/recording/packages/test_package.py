"""Packages: their paths are listed, nothing else is done with them, and nothing about them can hurt."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
import urllib3

from benchmarks.stub_aws import StubAws, served, zipped
from labgrader.errors import NotGradedError, ServiceFaultError
from labgrader.recording.packages import package
from labgrader.recording.packages.package import Deployed, UnreadablePackageError, open_package, paths_of
from tests.recording.recording import record

F = "user1-f"


def read_package(http: urllib3.PoolManager, url: str, size: int) -> dict[str, object]:
    return open_package(http, Deployed(url, size)).listing


@pytest.fixture
def http() -> urllib3.PoolManager:
    return urllib3.PoolManager()


def test_the_paths_of_a_package_are_listed_in_order(http: urllib3.PoolManager) -> None:
    content = zipped({"b.py": "x", "requests/__init__.py": "", "a.py": ""})
    with served(content) as address:
        found = read_package(http, f"{address}/code?X-Amz-Signature=abc", 0)
    assert found == {"Size": len(content), "Paths": ["a.py", "b.py", "requests/__init__.py"]}


def test_a_package_that_is_too_large_is_not_downloaded(http: urllib3.PoolManager) -> None:
    nowhere = "https://127.0.0.1:1/code"
    assert read_package(http, nowhere, package.MAX_BYTES + 1) == {"Size": package.MAX_BYTES + 1, "Paths": None}
    with pytest.raises(ServiceFaultError):  # at the limit it is
        read_package(http, nowhere, package.MAX_BYTES)


def test_a_package_that_turns_out_too_large_is_cut(http: urllib3.PoolManager) -> None:
    with served(bytes(package.MAX_BYTES + 1)) as address:
        assert read_package(http, address, 10) == {"Size": 10, "Paths": None}
    with (
        served(bytes(package.MAX_BYTES)) as address,
        pytest.raises(UnreadablePackageError, match="the package is not a zip file"),
    ):  # one byte less is read to its end
        read_package(http, address, 10)


def test_a_redirect_is_not_followed(http: urllib3.PoolManager) -> None:
    with (
        served(b"", 302, {"Location": "file:///etc/passwd"}) as address,
        pytest.raises(UnreadablePackageError, match=r"could not be fetched \(HTTP 302\)"),
    ):
        read_package(http, address, 0)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://localhost/x", "http://169.254.169.254/latest", "//x", "", "http://example.com/x"],
)
def test_other_addresses_are_refused(http: urllib3.PoolManager, url: str) -> None:
    with pytest.raises(UnreadablePackageError, match="the package lies at an address we don't fetch"):
        read_package(http, url, 0)


@pytest.mark.parametrize(("status", "error"), [(403, UnreadablePackageError), (503, ServiceFaultError)])
def test_the_error_of_a_refused_package_has_no_url(
    http: urllib3.PoolManager, status: int, error: type[Exception]
) -> None:
    with served(b"<Error/>", status) as address, pytest.raises(error) as refused:
        read_package(http, f"{address}/code?X-Amz-Signature=abc", 0)
    assert str(refused.value) == f"the package could not be fetched (HTTP {status})"


@pytest.mark.parametrize(
    "content",
    [b"", b"not a zip", zipped({"a.py": ""})[:-10], b"PK\x05\x06" + b"\xff" * 18, b"PK\x05\x06" + b"\x00" * 5],
    ids=["empty", "text", "cut", "nonsense", "end cut"],
)
def test_a_file_that_is_not_a_zip_is_unreadable(content: bytes) -> None:
    try:
        assert paths_of(content) is None  # a directory of 4 GB: not looked into
    except UnreadablePackageError as error:
        assert "zip" in str(error)  # noqa: PT017  either is right, an exception of zipfile is not


@pytest.mark.parametrize("many", [package.MAX_PATHS, package.MAX_PATHS + 1])
def test_a_package_with_too_many_paths_is_not_read(many: int) -> None:
    found = paths_of(zipped({str(number): "" for number in range(many)}))
    assert (found and len(found)) == (many if many <= package.MAX_PATHS else None)


@pytest.mark.parametrize("more", [0, 1])
def test_a_huge_directory_is_not_read(more: int) -> None:
    entry = 46  # bytes of a directory entry beside its name
    names = [f"{number:0{1024 - entry + (more if number == 0 else 0)}}" for number in range(1024)]
    assert package.MAX_DIRECTORY_BYTES == 1024 * 1024
    found = paths_of(zipped(dict.fromkeys(names, "")))
    assert found == (None if more else sorted(names))


def test_a_zip64_directory_is_not_read() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(65_536):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    assert paths_of(content.getvalue()) is None


def test_hostile_paths_are_treated_as_text() -> None:
    names = ["../../etc/passwd", "/abs.py", "<script>.py"]
    assert paths_of(zipped(dict.fromkeys(names, ""))) == sorted(names)


# --- as a question --------------------------------------------------------------------------------------------------


def test_a_package_is_recorded_without_its_url() -> None:
    aws = StubAws()
    aws.add_function(F)
    with served(zipped({"app.py": ""})) as aws.package_url:
        snapshot = record(aws, lambda s: s.package(F))
        assert aws.package_url not in json.dumps(snapshot.to_dict())
    assert snapshot.package(F).paths == ("app.py",)


def test_an_image_has_no_paths_and_is_not_downloaded() -> None:
    aws = StubAws()
    aws.add_function(F, PackageType="Image", CodeSize=7)
    aws.package_url = "https://127.0.0.1:1"
    found = record(aws, lambda s: s.package(F)).package(F)
    assert (found.size, found.paths) == (7, None)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "NoPackage: GetFunction returned no URL of the package"),
        ("http://example.com", "UnreadablePackageError: the package lies at an address we don't fetch (http scheme)"),
    ],
)
def test_a_package_without_a_valid_url_is_not_graded(url: str, reason: str) -> None:
    aws = StubAws()
    aws.add_function(F)
    aws.package_url = url
    with pytest.raises(NotGradedError) as refused:
        record(aws, lambda s: s.package(F)).package(F)
    assert (refused.value.action, refused.value.reason) == ("labgrader:ReadPackage", reason)


def test_an_unreachable_package_is_retried_and_then_not_graded() -> None:
    aws = StubAws()
    aws.add_function(F)
    aws.package_url = "http://127.0.0.1:1"
    with pytest.raises(NotGradedError) as refused:
        record(aws, lambda s: s.package(F)).package(F)
    assert refused.value.reason.startswith("ServiceFaultError: still failing after 8 attempts in ")
    assert "X-Amz" not in refused.value.reason
