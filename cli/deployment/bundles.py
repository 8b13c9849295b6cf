"""Bundles: zip files of functions and layers. The same sources make the same bytes, and are built once."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.errors import TargetError
from cli.project import CHECKS, LIBRARY, ROOT, build_folder
from labgrader.labs.search_path import added_files

LAYER = ROOT / "layers" / "labgrader"

_DROPPED_FOLDERS = frozenset(
    {"__pycache__", "tests", "test", "benchmarks", "bin", "sboms", ".mypy_cache", ".ruff_cache"}
)
_DROPPED_SUFFIXES = (".pyc", ".pyo", ".pyi", ".typed")
_KEPT_OF_METADATA = ("METADATA", "LICENSE", "LICENCE", "COPYING", "NOTICE", "entry_points.txt")
_ON_LAMBDA_ALREADY = ("boto3", "botocore", "s3transfer")

_PLATFORMS = {"arm64": "aarch64", "x86_64": "x86_64"}


@dataclass(frozen=True)
class Python:
    """The interpreter that a bundle is for.

    Args:
        version: ``3.13``.
        architecture: ``arm64`` or ``x86_64``; empty for that of this machine.
        ours: whether the functions run on this interpreter, with its packages, as on the embedded AWS.
    """

    version: str
    architecture: str = ""
    ours: bool = False

    @property
    def here(self) -> bool:
        """Whether it has the version of the interpreter that runs this code."""
        return self.version == running_python().version

    def __str__(self) -> str:
        return f"{self.version}-{self.architecture or 'here'}"


@dataclass(frozen=True)
class Bundle:
    """A file to upload.

    Args:
        file: the path of the file.
        digest: the SHA-256 of its sources.
    """

    file: Path
    digest: str

    @property
    def key(self) -> str:
        """The key in the bucket of bundles. It depends on the content, so the same content is uploaded once."""
        return f"bundles/{self.file.name}"


def running_python(*, ours: bool = False) -> Python:
    """Return the interpreter that runs this code.

    Args:
        ours: whether the functions run on this interpreter, with its packages.
    """
    return Python(f"{sys.version_info.major}.{sys.version_info.minor}", ours=ours)


def bundle(path: Path, python: Python, build: Path | None = None) -> Bundle:
    """Build the bundle of a function's folder, a layer's folder, or a file such as a state machine.

    Args:
        path: the folder or file.
        python: the interpreter that runs the bundle.
        build: the folder for bundles; ``None`` for the user's cache folder.

    Raises:
        TargetError: the dependencies of a layer could not be downloaded.
    """
    build = build or build_folder()
    if path.is_file():
        return _file(path, build)
    if (path / "requirements.txt").is_file():
        return _dependencies(path / "requirements.txt", python, build)
    if path == LAYER:
        return _zip(path.name, layer_sources(), python, build)
    return _zip(path.name, _sources(path), python if (path / "python").is_dir() else None, build)


def _file(path: Path, build: Path) -> Bundle:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    name, dot, suffixes = path.name.partition(".")
    file = build / f"{name}-{digest[:16]}{dot}{suffixes}"
    if not file.exists():
        _place(file, content)
    return Bundle(file, digest)


def _sources(folder: Path) -> dict[str, Path]:
    """Return the files of a folder that belong in a bundle, by their path in the bundle."""
    found = {}
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        hidden = any(part.startswith(".") or part in _DROPPED_FOLDERS for part in inside.parts)
        if file.is_file() and not hidden and not file.name.endswith(_DROPPED_SUFFIXES):
            found[inside.as_posix()] = file
    return found


def layer_sources() -> dict[str, Path]:
    """Return the files of labgrader's own layer by their path in it: the library, the checks and the lab files.

    Raises:
        BadInputError: an added lab or check has the name of another one.
    """
    added = {f"python/checks/{inside}": file for inside, file in added_files().items()}
    return _library() | _checks() | added


def _library(library: Path = LIBRARY) -> dict[str, Path]:
    """Return the files of the library that this process imports. An installed package has it outside of the layer."""
    return {f"python/labgrader/{name}": file for name, file in _sources(library).items()}


def _checks(checks: Path = CHECKS) -> dict[str, Path]:
    """Return the files of the checks and the lab files.

    Solutions, mistakes and the simulation stay out: the account that grades students must not have the answers.
    """
    inside = {name: file for name, file in _sources(checks).items() if not name.startswith(("labs/", "simulation/"))}
    labs = {file.relative_to(checks).as_posix(): file for file in checks.glob("labs/*/lab.yaml")}
    return {f"python/checks/{name}": file for name, file in (inside | labs).items()}


def _zip(name: str, sources: Mapping[str, Path], compiled_for: Python | None, build: Path) -> Bundle:
    """Zip files, unless the same files were zipped before.

    Args:
        name: the name of the bundle.
        sources: the files by their path in the bundle.
        compiled_for: add byte code for this interpreter if it has the version of the running one; ``None`` to add none.
        build: the folder for bundles.
    """
    compiled = compiled_for is not None and compiled_for.here
    digest = hashlib.sha256(f"{name} {sys.implementation.cache_tag if compiled else ''}\n".encode())
    for inside, file in sorted(sources.items()):
        digest.update(f"{inside} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    made = Bundle(build / f"{name}-{digest.hexdigest()[:16]}.zip", digest.hexdigest())
    if not made.file.exists():
        build.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=build) as folder:
            files = dict(sources)
            if compiled:
                files |= _byte_code(sources, Path(folder))
            draft = Path(folder) / "draft.zip"
            _write_zip(draft, files)
            draft.replace(made.file)
    return made


def _write_zip(file: Path, sources: Mapping[str, Path]) -> None:
    """Write a zip file that depends only on names and contents: its entries are sorted, with one date and one mode."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for inside, source in sorted(sources.items()):
            entry = zipfile.ZipInfo(inside, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if inside.endswith(".so") else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            archive.writestr(entry, source.read_bytes())


def _byte_code(sources: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """Compile Python files. Return the byte code by its path in the bundle.

    The byte code is marked as unchecked (PEP 552): all files in the zip have the same date, which Python must not
    compare.
    """
    made = {}
    for number, (inside, file) in enumerate(sorted(sources.items())):
        if not inside.endswith(".py"):
            continue
        parent, _, name = inside.rpartition("/")
        cached = f"{parent}/__pycache__/{name[:-3]}.{sys.implementation.cache_tag}.pyc".removeprefix("/")
        target = folder / f"{number}.pyc"
        try:
            py_compile.compile(
                str(file),
                cfile=str(target),
                dfile=f"/opt/{inside}",
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except py_compile.PyCompileError:
            continue  # some packages have files for other versions of Python, which are never imported
        made[cached] = target
    return made


def _dependencies(requirements: Path, python: Python, build: Path) -> Bundle:
    """Install the requirements of a layer, once for each content of the file, and return the bundle.

    Raises:
        TargetError: they could not be downloaded.
    """
    if python.ours and _has(requirements):
        # The worker processes find the packages on their interpreter. Unpacking a thousand files for each worker would
        # take half a minute of a demo. A test imports every real bundle in an isolated interpreter.
        return _zip(f"{requirements.parent.name}-of-this-python", {"requirements.txt": requirements}, None, build)
    wanted = f"{requirements.read_text(encoding='utf-8')}\n{python}\n{_drops()}"
    name = requirements.parent.name
    remembered = build / f"{name}-{hashlib.sha256(wanted.encode()).hexdigest()[:16]}.json"
    if remembered.exists():
        document = json.loads(remembered.read_text(encoding="utf-8"))
        known = Bundle(build / document["file"], document["digest"])
        if known.file.exists():
            return known
    build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as folder:
        _install(requirements, python, Path(folder))
        _prune(Path(folder))
        sources = {f"python/{inside}": file for inside, file in _sources(Path(folder)).items()}
        made = _zip(name, sources, python, build)
    _place(remembered, json.dumps({"file": made.file.name, "digest": made.digest}).encode())
    return made


def _has(requirements: Path) -> bool:
    """Return whether this interpreter has every required package, in any version."""
    for line in requirements.read_text(encoding="utf-8").splitlines():
        name = re.match(r"[\w.-]+", line)
        try:
            if name is not None:
                importlib.metadata.version(name.group())
        except importlib.metadata.PackageNotFoundError:
            return False
    return True


def _install(requirements: Path, python: Python, folder: Path) -> None:
    """Install requirements in a folder with pip.

    Raises:
        TargetError: pip is missing, or it failed.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--target", str(folder), "--requirement", str(requirements)]
    if python.architecture:
        machine = _PLATFORMS[python.architecture]
        command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", python.version]
        for platform in (f"manylinux2014_{machine}", f"manylinux_2_28_{machine}"):
            command += ["--platform", platform]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (our own pip)
    if done.returncode and "No module named pip" in done.stderr:
        raise TargetError(
            f"the packages of {requirements} cannot be downloaded without pip; install pip with "
            f"`{sys.executable} -m ensurepip`"
        )
    if done.returncode:
        reason = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise TargetError("\n".join([f"pip could not download the packages of {requirements}:", *reason[-3:]]))


def _prune(folder: Path) -> None:
    """Remove what no function needs: packages that Lambda has, and most metadata of installed packages."""
    for entry in sorted(folder.iterdir()):
        if entry.name.split("-")[0] in _ON_LAMBDA_ALREADY:
            shutil.rmtree(entry)
        elif entry.name.endswith(".dist-info"):
            for file in sorted(entry.iterdir()):
                if file.is_file() and not file.name.startswith(_KEPT_OF_METADATA):
                    file.unlink()


def _drops() -> str:
    """Return the rules for left-out files as text: a change to them makes another bundle."""
    return json.dumps([sorted(_DROPPED_FOLDERS), _DROPPED_SUFFIXES, _KEPT_OF_METADATA, _ON_LAMBDA_ALREADY])


def _place(file: Path, content: bytes) -> None:
    """Write a file atomically: another command may build the same bundle."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(file)
