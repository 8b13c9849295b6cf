"""Bundles: zip files of functions and layers, built once for each content, the same bytes for the same sources."""

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
        architecture: Lambda's name of it, ``arm64`` or ``x86_64``; empty for this machine's own.
        ours: whether it is the very one that runs this, with the packages it has, as on the embedded AWS.
    """

    version: str
    architecture: str = ""
    ours: bool = False

    @property
    def here(self) -> bool:
        """Whether it is the interpreter that runs this."""
        return self.version == running_python().version

    def __str__(self) -> str:
        return f"{self.version}-{self.architecture or 'here'}"


@dataclass(frozen=True)
class Bundle:
    """A file that is ready to be uploaded.

    Args:
        file: where it lies.
        digest: the SHA-256 of what it was made of; two bundles with the same digest do the same.
    """

    file: Path
    digest: str

    @property
    def key(self) -> str:
        """Its name in the bucket of bundles: by content, so that nothing is uploaded twice."""
        return f"bundles/{self.file.name}"


def running_python(*, ours: bool = False) -> Python:
    """Return the interpreter that runs this; ``ours`` promises that its packages will be there too."""
    return Python(f"{sys.version_info.major}.{sys.version_info.minor}", ours=ours)


def bundle(path: Path, python: Python, build: Path | None = None) -> Bundle:
    """Build what a template refers to: a function's folder, a layer's folder, or a single file.

    Args:
        path: the folder or file.
        python: the interpreter it is for.
        build: where bundles are kept; ``None`` for the user's cache folder.

    Raises:
        TargetError: a layer's dependencies could not be fetched.
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
    """The files of a folder that belong in a bundle, by their path in it."""
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
        BadInputError: an added lab or check has the place of another one.
    """
    added = {f"python/checks/{inside}": file for inside, file in added_files().items()}
    return _library() | _checks() | added


def _library(library: Path = LIBRARY) -> dict[str, Path]:
    """The library, as this process imports it: in an installed package it does not lie in the layer's folder."""
    return {f"python/labgrader/{name}": file for name, file in _sources(library).items()}


def _checks(checks: Path = CHECKS) -> dict[str, Path]:
    """The checks and the lab files. Not the solutions and mistakes, nor what builds students with them: what grades
    students holds no answers."""
    inside = {name: file for name, file in _sources(checks).items() if not name.startswith(("labs/", "simulation/"))}
    labs = {file.relative_to(checks).as_posix(): file for file in checks.glob("labs/*/lab.yaml")}
    return {f"python/checks/{name}": file for name, file in (inside | labs).items()}


def _zip(name: str, sources: Mapping[str, Path], compiled_for: Python | None, build: Path) -> Bundle:
    """Zip files under their names in the bundle, unless the same were zipped before.

    Args:
        name: what the bundle is called.
        sources: the files by their names in it.
        compiled_for: add byte code for this interpreter when it is the one that runs this; ``None`` for none.
        build: where bundles are kept.
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
    """Write a zip whose bytes depend on the names and contents alone: sorted, one date, one mode."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for inside, source in sorted(sources.items()):
            entry = zipfile.ZipInfo(inside, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if inside.endswith(".so") else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            archive.writestr(entry, source.read_bytes())


def _byte_code(sources: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """Compile Python files; return the byte code by its name in the bundle.

    The byte code is marked "unchecked": a zip's dates say nothing, so that Python must not compare them (PEP 552).
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
            continue  # some packages ship files for other versions of Python; they are never imported
        made[cached] = target
    return made


def _dependencies(requirements: Path, python: Python, build: Path) -> Bundle:
    """Install a layer's requirements for the interpreter it is for, once for each content of the file."""
    if python.ours and _has(requirements):
        # A thousand files, unpacked for every worker process, that the worker finds on its interpreter anyway: half a
        # minute of a demonstration. What is really shipped is proven by importing it in an isolated interpreter.
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
    """Whether this interpreter has every package that is required, at whatever version ``make install`` chose."""
    for line in requirements.read_text(encoding="utf-8").splitlines():
        name = re.match(r"[\w.-]+", line)
        try:
            if name is not None:
                importlib.metadata.version(name.group())
        except importlib.metadata.PackageNotFoundError:
            return False
    return True


def _install(requirements: Path, python: Python, folder: Path) -> None:
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
            f"the packages of {requirements} cannot be fetched without pip; install it: {sys.executable} -m ensurepip"
        )
    if done.returncode:
        reason = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise TargetError("\n".join([f"the packages of {requirements} could not be fetched:", *reason[-3:]]))


def _prune(folder: Path) -> None:
    """Remove what no function needs: what Lambda has already, and the record of how a package was installed."""
    for entry in sorted(folder.iterdir()):
        if entry.name.split("-")[0] in _ON_LAMBDA_ALREADY:
            shutil.rmtree(entry)
        elif entry.name.endswith(".dist-info"):
            for file in sorted(entry.iterdir()):
                if file.is_file() and not file.name.startswith(_KEPT_OF_METADATA):
                    file.unlink()


def _drops() -> str:
    """What is left out, as part of what a bundle is made of."""
    return json.dumps([sorted(_DROPPED_FOLDERS), _DROPPED_SUFFIXES, _KEPT_OF_METADATA, _ON_LAMBDA_ALREADY])


def _place(file: Path, content: bytes) -> None:
    """Write a file whole or not at all: another command may build the same."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(file)
