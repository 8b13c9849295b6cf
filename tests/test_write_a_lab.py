"""The page that a teacher writes a lab from: its examples are good as they stand."""

from __future__ import annotations

import re
from pathlib import Path

from cli.project import ROOT
from labgrader.judging.lint import lint
from labgrader.labs.lab import find_lab
from labgrader.labs.search_path import searching

PAGE = (ROOT / "docs" / "write-a-lab.md").read_text(encoding="utf-8")


def test_the_examples_of_the_page_are_good(tmp_path: Path) -> None:
    lab, extension = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (check,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    for name, text in {
        "queues/lab.yaml": lab,
        "my-optimization/lab.yaml": extension,
        "checks/queue_named.py": check,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with searching(tmp_path):
        assert lint(tmp_path / "queues" / "lab.yaml") == []
        assert lint(tmp_path / "my-optimization" / "lab.yaml") == []
        assert find_lab("my-optimization").points == 100
