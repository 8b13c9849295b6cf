"""What lies in a deployed package: its paths and the student's own code. Nothing is extracted, nothing is run."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3

from labgrader.errors import LabgraderError, ServiceFaultError
from labgrader.evidence.coerce import mapping, number, text
from labgrader.evidence.question import Json
from labgrader.recording.packages.source_files import OwnFiles, own_files

MAX_BYTES = 20 * 1024 * 1024
"""Bytes of a zipped package that are fetched: a lab's function has a few KB, one that brings boto3 about 15 MB."""

MAX_PATHS = 10_000
"""Paths that are kept of one package."""

MAX_DIRECTORY_BYTES = 1024 * 1024
"""Bytes of a zip's own directory that are read: about 10,000 paths of 60 characters."""

TIMEOUT = urllib3.Timeout(connect=5, read=15)
"""Seconds; the address is AWS's own, and S3 answers in milliseconds."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_END = struct.Struct("<4s4H2LH")  # the end of central directory record, PKWARE APPNOTE 4.3.16
_END_SIGNATURE = b"PK\x05\x06"
_ZIP64_LOCATOR_SIGNATURE = b"PK\x06\x07"
_ZIP64_LOCATOR_BYTES = 20
_MAX_COMMENT = 65_535


class UnreadablePackageError(LabgraderError):
    """A package could not be fetched or is not a zip file: we cannot tell what lies in it."""


@dataclass(frozen=True)
class Deployed:
    """Where a function's package lies and what it is, as GetFunction says.

    Args:
        location: a presigned URL; no message may contain it.
        size: in bytes; 0 if it is not known.
        image: whether it is a container image, which is not fetched.
        handler: ``app.lambda_handler``.
        runtime: ``python3.13``.
    """

    location: str = ""
    size: int = 0
    image: bool = False
    handler: str = ""
    runtime: str = ""

    @classmethod
    def from_answer(cls, answer: Mapping[str, Json]) -> Deployed:
        """Read a GetFunction answer."""
        configuration = mapping(answer.get("Configuration"))
        return cls(
            location=text(mapping(answer.get("Code")).get("Location")),
            size=number(configuration.get("CodeSize")) or 0,
            image=configuration.get("PackageType") == "Image",
            handler=text(configuration.get("Handler")),
            runtime=text(configuration.get("Runtime")),
        )


@dataclass(frozen=True)
class Contents:
    """What was read of a package.

    Args:
        size: in bytes.
        paths: what lies in it; ``None`` where that was not looked into.
        own: the student's own Python files; ``None`` where there are none to read.
    """

    size: int
    paths: list[str] | None = None
    own: OwnFiles | None = None

    @property
    def listing(self) -> dict[str, Json]:
        """The answer to ``labgrader:ReadPackage``: ``{"Size": bytes, "Paths": [...]}``."""
        return {"Size": self.size, "Paths": self.paths}


def open_package(http: urllib3.PoolManager, deployed: Deployed) -> Contents:
    """Read what lies in a function's package, without what is too large: images, and more than ``MAX_BYTES``.

    Args:
        http: sends the request.
        deployed: the package's location.

    Raises:
        UnreadablePackageError: the URL is refused or fails, or what it serves is not a zip file.
        ServiceFaultError: the connection or the server failed; worth a retry.
    """
    if deployed.image or deployed.size > MAX_BYTES:
        return Contents(deployed.size)
    content = _download(http, deployed.location)
    if content is None:
        return Contents(deployed.size)
    paths = paths_of(content)
    own = own_files(content, deployed.handler, deployed.runtime) if paths is not None else None
    return Contents(len(content), paths, own)


def paths_of(content: bytes) -> list[str] | None:
    """Return the paths in a zip file, sorted, or ``None`` where there are more than we look at.

    Raises:
        UnreadablePackageError: it is not a zip file.
    """
    if _directory_bytes(content) > MAX_DIRECTORY_BYTES:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise UnreadablePackageError(
            f"the package is not a zip file that can be read ({type(error).__name__})"
        ) from None
    if len(names) > MAX_PATHS:
        return None
    return sorted(names)


def _download(http: urllib3.PoolManager, url: str) -> bytes | None:
    """Fetch a package; ``None`` when it turns out larger than ``MAX_BYTES``."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise UnreadablePackageError(f"the package lies at an address we don't fetch ({parts.scheme or 'no'} scheme)")
    try:
        # no redirects: a presigned URL has none, and an attacker's could lead anywhere
        response = http.request("GET", url, preload_content=False, redirect=False, retries=False, timeout=TIMEOUT)
        try:
            return _body(response)
        finally:
            response.close()
    except urllib3.exceptions.HTTPError as error:  # its text may hold the URL, and with it the signature
        raise ServiceFaultError(f"the package could not be fetched ({type(error).__name__})") from None


def _body(response: urllib3.BaseHTTPResponse) -> bytes | None:
    if response.status >= 500 or response.status == 429:
        raise ServiceFaultError(f"the package could not be fetched (HTTP {response.status})")
    if response.status != 200:
        raise UnreadablePackageError(f"the package could not be fetched (HTTP {response.status})")
    content = bytearray()
    for piece in response.stream(64 * 1024, decode_content=False):
        content += piece
        if len(content) > MAX_BYTES:
            return None
    return bytes(content)


def _directory_bytes(content: bytes) -> int:
    """Return the size of a zip's directory, so that a hostile one of a million entries is not read into memory."""
    at = content.rfind(_END_SIGNATURE, max(0, len(content) - _END.size - _MAX_COMMENT))
    if at < 0 or at + _END.size > len(content):
        raise UnreadablePackageError("the package is not a zip file")
    locator = content[max(0, at - _ZIP64_LOCATOR_BYTES) : at]
    if locator.startswith(_ZIP64_LOCATOR_SIGNATURE):  # only for more than 65,535 entries or 4 GB
        return MAX_DIRECTORY_BYTES + 1
    directory_bytes: int = _END.unpack_from(content, at)[5]
    return directory_bytes
