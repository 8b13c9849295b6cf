"""The cells of a CSV file with their places in its bytes."""

from __future__ import annotations

import random
from typing import Any

import pytest

from labgrader.errors import BadInputError
from labgrader.reporting.fill.cells import read_csv
from tests.reporting.fill.dialects import any_dialect, any_text


def rows_of(content: bytes) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in read_csv(content).rows]


@pytest.mark.parametrize("seed", range(150))
def test_cells_are_read_as_another_reader_reads_them_in_any_dialect(seed: int) -> None:
    dice = random.Random(seed)
    dialect = any_dialect(dice)
    columns = dice.randint(2, 6)
    heading = [f"h{number}" for number in range(columns)]
    rows = [heading] + [[any_text(dice, dialect) for _ in heading] for _ in range(dice.randint(0, 8))]
    content = dialect.write(rows)
    assert rows_of(content) == dialect.read(content) == rows
    assert read_csv(content).replace(0, {}) == content


@pytest.mark.parametrize("seed", range(150))
def test_a_file_with_new_cells_has_exactly_these_cells_changed(seed: int) -> None:
    dice = random.Random(seed)
    dialect = any_dialect(dice)
    columns = dice.randint(2, 6)
    heading = [f"h{number}" for number in range(columns)]
    rows = [heading] + [[any_text(dice, dialect) for _ in heading] for _ in range(dice.randint(1, 8))]
    content = dialect.write(rows)
    column = dice.randrange(columns)
    texts = {
        index: dice.choice(["87.5", "87,5", "0", 'a "b"', "100;0", "x\ty"])
        for index in range(1, len(rows))
        if dice.random() < 0.6
    }
    changed = [
        [texts.get(index, cell) if position == column else cell for position, cell in enumerate(row)]
        for index, row in enumerate(rows)
    ]
    filled = read_csv(content).replace(column, texts)
    assert dialect.read(filled) == rows_of(filled) == changed
    cells = [cell for row in read_csv(content).rows for cell in row.cells]
    same = [cell for row in read_csv(filled).rows for cell in row.cells]
    for index, (before, after) in enumerate(zip(cells, same, strict=True)):
        if index % columns != column or index // columns not in texts:
            assert after.quoted == before.quoted
    lost = sum(_bytes(cells[index * columns + column]) for index in texts)
    gained = sum(_bytes(same[index * columns + column]) for index in texts)
    width = read_csv(content).encoding.width
    assert len(filled) - len(content) == width * (gained - lost)


def _bytes(cell: Any) -> int:
    return int(cell.end - cell.start)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,2", [["a", "b"], ["1", "2"]]),
        (b"a,b\n1,\n", [["a", "b"], ["1", ""]]),
        (b"a,b\n1,", [["a", "b"], ["1", ""]]),
        (b"a\n\nb\n", [["a"], [""], ["b"]]),
        (b"a\r\rb", [["a"], [""], ["b"]]),
        (b'a,b\n"1"x,2\n', [["a", "b"], ["1x", "2"]]),
        (b'a,b\n1"x","2\n', [["a", "b"], ['1"x"', "2\n"]]),
        (b'"a";"b, c"\n', [["a", "b, c"]]),
        (b"sep=;\r\na,b;c\r\n", [["a,b", "c"]]),
        (b'"sep=\t"\na\tb', [["a", "b"]]),
        (b"a,b;c,d\n", [["a", "b;c", "d"]]),
        (b"\n\na;b\n", [[""], [""], ["a", "b"]]),
        (b"", []),
        (b"M\xfcller,1\n", [["Müller", "1"]]),
        (b"\x81,1\n", [["�", "1"]]),
        ("a\tb".encode("utf-16-le") + b"\n", [["a", "b"]]),
    ],
)
def test_odd_files_are_read_and_stay_as_they_are(content: bytes, rows: list[list[str]]) -> None:
    assert rows_of(content) == rows
    assert read_csv(content).replace(0, {}) == content


def test_the_numbers_of_rows_are_those_of_a_spreadsheet() -> None:
    file = read_csv(b'sep=,\na,b\n"two\nlines",1\n\nx,2\n')
    assert [row.number for row in file.rows] == [2, 3, 4, 5]
    assert [row.is_empty for row in file.rows] == [False, False, True, False]


def test_a_row_that_is_too_short_gets_its_separators() -> None:
    assert read_csv(b"a,b,c\r\n1\r\n2,x").replace(2, {1: "7", 2: "8"}) == b"a,b,c\r\n1,,7\r\n2,x,8"


def test_a_number_that_has_the_separator_gets_quotation_marks() -> None:
    assert read_csv(b"a,b\n1,\n").replace(1, {1: "87,5"}) == b'a,b\n1,"87,5"\n'
    assert read_csv(b"a;b\n1;\n").replace(1, {1: "87,5"}) == b"a;b\n1;87,5\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04rest", "the file is an Excel workbook (.xlsx); export the grades as CSV, and fill that file"),
        (b"\xd0\xcf\x11\xe0rest", "the file is an Excel workbook (.xls); export the grades as CSV, and fill that file"),
        (b"%PDF-1.7", "the file is a PDF document; export the grades as CSV, and fill that file"),
        (b"\x1f\x8b\x08", "the file is a compressed file; export the grades as CSV, and fill that file"),
        (b" <html><table>", "the file is an HTML table; export the grades as CSV, and fill that file"),
        (
            "\ufeff<table>".encode("utf-16-le"),
            "the file is an HTML table; export the grades as CSV, and fill that file",
        ),
    ],
)
def test_what_is_no_csv_is_named(content: bytes, message: str) -> None:
    with pytest.raises(BadInputError) as raised:
        read_csv(content)
    assert str(raised.value) == message
