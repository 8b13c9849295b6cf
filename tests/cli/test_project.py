"""The files of the command are in the user's folders, or in the folders of two environment variables."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cli import project


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("LABGRADER_STATE", "LABGRADER_CACHE", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other folders")
def test_the_default_folders_are_those_of_the_user(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project.state_folder() == home / ".local/state/labgrader"
    assert project.build_folder() == home / ".cache/labgrader/bundles"
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    assert project.state_folder() == home / "state/labgrader"
    assert project.build_folder() == home / "cache/labgrader/bundles"
    assert list(home.iterdir()) == []  # asking makes none


def test_two_variables_set_other_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("LABGRADER_STATE", "mine")
    monkeypatch.setenv("LABGRADER_CACHE", str(home / "cache"))
    assert project.state_folder() == home / "mine"
    assert project.build_folder() == home / "cache/bundles"


def test_an_empty_variable_counts_as_unset(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = project.state_folder(), project.build_folder()
    monkeypatch.setenv("LABGRADER_STATE", "")
    monkeypatch.setenv("LABGRADER_CACHE", "")
    assert (project.state_folder(), project.build_folder()) == before


def test_tests_do_not_use_the_folders_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """`tests/conftest.py` sets other folders for every test and every command that a test starts."""
    assert project.state_folder().is_relative_to(tmp_path_factory.getbasetemp())
    assert project.build_folder() == project.ROOT / "build/tests/bundles"
