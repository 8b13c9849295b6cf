"""US dollars as text."""

import pytest

from labgrader.reporting.formatting import money_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.6, "$3.60"),
        (0.01, "$0.01"),
        (0.0099, "$0.0099"),
        (0.00012, "$0.00012"),
        (0, "$0.00"),
        (12_345.678, "$12,345.68"),
    ],
)
def test_money_text_formats_dollars(value: float, text: str) -> None:
    assert money_text(value) == text
