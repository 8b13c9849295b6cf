"""The catalogue of checks has their docstrings and parameters."""

from __future__ import annotations

from cli.documentation.catalogue import catalogue
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import check
from labgrader.judging.verdict import Verdict, passed
from labgrader.labs.lab import Item, Lab


@check(title="It is there", hint="make it")
def it_is_there(snapshot: Snapshot, *, name: str, sizes: list[int], mode: str | None = None) -> Verdict:
    """A ``thing`` is there.

    Args:
        name: what it is called.
        sizes: how large,
            in MB.
    """
    return passed()


def test_an_entry_has_the_parameters_and_the_labs_of_a_check() -> None:
    lab = Lab("a-lab", "1.0.0", "A lab", "", 10, (Item("thing", "it_is_there", "The thing"),))
    page = catalogue([it_is_there], [lab])
    assert page[page.index("### ") :].startswith(
        """### `it_is_there`

**It is there.** A `thing` is there.

- name: what it is called.
- sizes: how large, in MB.

| parameter | type | |
| --- | --- | --- |
| `name` | text | required |
| `sizes` | list of whole number | required |
| `mode` | text or nothing | optional |

Used by: a-lab (`thing`)
"""
    )


def test_a_check_that_no_lab_uses_says_so() -> None:
    assert "Used by: no lab yet" in catalogue([it_is_there], [])
