"""The reference for authors of labs has the signatures and docstrings of the source."""

from __future__ import annotations

import pytest

from cli.documentation import authoring_reference
from cli.documentation.source_entries import parse_doc, read_module
from labgrader import judging

PAGE = authoring_reference.PAGE.read_text(encoding="utf-8")


def test_the_page_is_current() -> None:
    assert authoring_reference.reference() == PAGE, "write it again with `make docs`"


@pytest.mark.parametrize("name", judging.__all__)
def test_the_page_has_every_name_that_a_check_may_import(name: str) -> None:
    assert any(f"{start}{name}" in PAGE for start in ("- `", "### `"))


@pytest.mark.parametrize(
    "entry",
    [
        '- `share(earned: int, of: int, message: str, *, expected: str = "", observed: str = "", hint: str = "",'
        " evidence: Sequence[str] = ()) -> Verdict`\\\n",
        "- `queue(name: str) -> Queue | None`\\\n  Return a queue with its attributes, or `None`.\n",
        "| `visibility_timeout_s` | `int \\| None = None` |",
        "| `environment` | `Mapping[str, str] = {}` |",
        '- `invoke(function: str, qualifier: str = "", event: Json = None) -> Invocation | None`\\\n',
        "- `create_queue(student: SimulatedStudent, suffix: str, **attributes: Any) -> str | None`\\\n",
        '- `parameters(operation: str, target: str, name: str = "", /, **values: Any)'
        " -> Callable[[SimulatedStudent], Change]`\\\n",
        "| `fails` | `AbstractSet[str]` | the ids of the checks that must find it,",
        "- `Change = Callable[[Step], bool]`\\\n",
        "- `BASIC_EXECUTION = ",
        "- `DEADLINE_S = 90`\\\n",
    ],
)
def test_an_entry_has_the_signature_of_the_source(entry: str) -> None:
    assert entry in PAGE


def test_names_for_the_recorder_are_left_out() -> None:
    assert "from_answer" not in PAGE
    assert "to_dict" not in PAGE
    assert "`answers`" not in PAGE


def test_every_function_of_the_page_has_a_docstring() -> None:
    for name in ("labgrader.judging.verdict", "checks.simulation.builders", "checks.simulation.mistake"):
        for function in read_module(name).functions.values():
            assert function.name.startswith("_") or function.doc.paragraphs, function.name


def test_a_docstring_is_split_into_its_parts() -> None:
    doc = parse_doc(
        """Do ``this``.

        Source: a guide.

        Args:
            a, b: what they are,
                on two lines.

        Returns:
            its ARN.

        Raises:
            ValueError: it is wrong.
        """
    )
    assert doc.paragraphs == ("Do `this`.",)
    assert doc.arguments == {"a, b": "what they are, on two lines."}
    assert doc.returns == "its ARN."
    assert doc.raises == ("ValueError: it is wrong.",)
