"""A lab and a check in a teacher's folder are deployed and graded, and refused if they are edited but not deployed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.simulation.connections import Connections
from checks.simulation.pack import build_student, load_pack
from cli.deployment.deploy import deploy
from cli.embedded_aws import server
from cli.lab_template import write_pack
from cli.main import main
from cli.target import Target, embedded_target
from cli.verification.proof import cases, prove
from labgrader.labs.lab import find_lab
from labgrader.labs.search_path import searching

pytestmark = pytest.mark.workflow

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _own_state_and_signals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LABGRADER_STATE", str(tmp_path / "state"))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def target() -> Iterator[Target]:
    running = server.start(lasting=True)
    try:
        yield embedded_target(running)
    finally:
        server.stop(running)


def test_an_added_lab_is_proven_graded_and_refused_when_edited(target: Target, tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "mylabs"
    write_pack("queues", folder)
    (folder / "checks" / "_words.py").write_text('TITLE = "The function has a description"\n')
    check = folder / "checks" / "queues_described.py"
    check.write_text(
        check.read_text()
        .replace("\n\n\n@check", "\n\nfrom ._words import TITLE\n\n\n@check")
        .replace('title="The function has a description"', "title=TITLE")
    )
    with searching(folder):
        outputs = deploy(target)
        pack = load_pack("queues")
        outcomes = list(prove(target, outputs, find_lab("queues"), pack, cases(pack)))
        assert {outcome.case.id: outcome.problems for outcome in outcomes} == {
            "perfect": (),
            "no-description": (),
            "greets-the-world": (),
        }
        build_student(pack, "ada", Connections(target.client, target.account_id, target.region))
    roster = tmp_path / "class.csv"
    roster.write_text("username\nada\n")
    grade = ["grade", "--lab", "queues", "--roster", str(roster), "--out", str(tmp_path / "out")]
    capsys.readouterr()

    # on a machine without the folder, the deployed lab is graded
    assert main(grade) == 0
    captured = capsys.readouterr()
    assert (
        "warning: queues is deployed, but this machine does not have it: the deployed version is graded\n"
    ) in captured.err
    assert "100" in captured.out

    file = folder / "queues" / "lab.yaml"
    file.write_text(file.read_text().replace("title: My lab", "title: Our lab"))
    assert main([*grade, "--labs", str(folder)]) == 2
    differs = f"error: the deployed queues differs from yours; deploy yours with `labgrader deploy --labs {folder}`"
    assert capsys.readouterr().err.splitlines()[1:] == [differs]

    write_pack("topics", folder)
    assert main(["grade", "--lab", "topics", "--roster", str(roster), "--labs", str(folder)]) == 2
    missing = f"error: topics is not deployed; deploy it with `labgrader deploy --labs {folder}`"
    assert capsys.readouterr().err.splitlines()[1:] == [missing]
