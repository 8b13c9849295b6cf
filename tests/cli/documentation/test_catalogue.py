"""The catalogue of checks has their docstrings and parameters."""

from __future__ import annotations

import pytest

from cli.documentation.catalogue import catalogue
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import Check, check
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


@check(title="It fits", hint="make it")
def it_fits(snapshot: Snapshot, *, name: str) -> Verdict:
    """It fits ``AWS``.

    Sources:
        AWS refuses ``large`` things
            of all kinds: https://docs.aws.amazon.com/large.html
        AWS charges for each thing. Small | things are free:
            https://aws.amazon.com/pricing/

    Args:
        name: what it is called.
    """
    return passed()


@check(title="It fits", hint="make it")
def it_is_last(snapshot: Snapshot, *, name: str) -> Verdict:
    """It is last.

    Args:
        name: what it is called.

    Sources:
        AWS has an order: https://docs.aws.amazon.com/order.html
    """
    return passed()


@check(title="It fits", hint="make it")
def it_has_no_address(snapshot: Snapshot) -> Verdict:
    """It fits.

    Sources:
        AWS refuses large things.
    """
    return passed()


def test_the_page_ends_with_the_rules_of_aws_and_their_sources() -> None:
    page = catalogue([it_is_last, it_is_there, it_fits], [])
    _, _, table = page.partition("| check | rule | source |\n| --- | --- | --- |\n")
    assert table.splitlines() == [
        "| [`it_fits`](#it_fits) | AWS refuses `large` things of all kinds. "
        "| <https://docs.aws.amazon.com/large.html> |",
        "| [`it_fits`](#it_fits) | AWS charges for each thing. Small &#124; things are free. "
        "| <https://aws.amazon.com/pricing/> |",
        "| [`it_is_last`](#it_is_last) | AWS has an order. | <https://docs.aws.amazon.com/order.html> |",
    ]


@pytest.mark.parametrize(("listed", "first"), [(it_fits, "It fits `AWS`."), (it_is_last, "It is last.")])
def test_an_entry_leaves_out_the_sources(listed: Check, first: str) -> None:
    page, _, _ = catalogue([listed], []).partition("## Rules of AWS")
    assert f" {first}\n\n- name: what it is called.\n\n| parameter " in page
    assert "https:" not in page


def test_a_page_without_sources_has_no_rules() -> None:
    assert "## Rules of AWS" not in catalogue([it_is_there], [])


def test_a_rule_without_an_address_is_an_error() -> None:
    with pytest.raises(
        ValueError, match=r"^check it_has_no_address: an entry of Sources has no address: AWS refuses large things\.$"
    ):
        catalogue([it_has_no_address], [])
