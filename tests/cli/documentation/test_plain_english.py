"""The check of the project's language finds what it should, and only that."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.documentation.plain_english import (
    MAX_LIX,
    MAX_WORDS,
    Text,
    banned_phrases,
    findings,
    main,
    prose_of_markdown,
    text_of_page,
    texts_of,
)


def problems(path: Path) -> list[tuple[int, str]]:
    return [(finding.line, finding.problem) for finding in findings(texts_of(path))]


def written(folder: Path, name: str, content: str) -> Path:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return file


def test_every_banned_phrase_names_a_replacement() -> None:
    assert len(banned_phrases()) > 30
    assert all(instead for _, instead in banned_phrases())


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ("This command mends it.", '"mends": write "fix", "fixed"'),
        ("Mended: one check of two.", '"Mended": write "fix", "fixed"'),
        ("The colour is red.", '"colour": write "color"'),
        ("The run was cancelled.", '"cancelled": write "canceled", "canceling"'),
        ("The lab is read aloud here.", '"aloud": write "prints", "shows"'),
    ],
)
def test_a_banned_phrase_is_found_with_its_replacement(tmp_path: Path, sentence: str, problem: str) -> None:
    assert problems(written(tmp_path, "page.md", f"A line.\n\n{sentence}\n")) == [(3, problem)]


@pytest.mark.parametrize("sentence", ["Recommended amendments.", "The color is red.", "Run `mend` or `told`."])
def test_other_words_and_code_are_allowed(tmp_path: Path, sentence: str) -> None:
    assert problems(written(tmp_path, "page.md", f"{sentence}\n")) == []


def test_a_python_file_is_read_in_its_messages_docstrings_comments_and_names(tmp_path: Path) -> None:
    source = '''"""Mend a thing."""

# nobody reads this
STATUS = "mended"
MESSAGE = f"the check of {STATUS} was told to fail"
COMMAND = "aws lambda told --and told --again"


def test_whose_turn_it_is():
    """Return it."""
    return [one for one in STATUS]
'''
    assert sorted(problems(written(tmp_path, "module.py", source))) == [
        (1, '"Mend": write "fix", "fixed"'),
        (3, '"nobody": write "no student", "no user"'),
        (5, '"told": write "said", "named", "reported", or who does what'),
        (9, '"whose": write "with …", or a sentence of its own'),
        (11, '"for one in": write the name of the thing: "for alias in"'),
    ]


def test_a_lab_file_is_read_in_its_values_and_comments(tmp_path: Path) -> None:
    content = "id: told\n# told here\nchecks:\n  - title: The student is told so in words\n    aws: told\n"
    assert problems(written(tmp_path, "lab.yaml", content)) == [
        (2, '"told": write "said", "named", "reported", or who does what'),
        (4, '"told": write "said", "named", "reported", or who does what'),
    ]


def test_a_page_template_is_read_in_its_visible_text(tmp_path: Path) -> None:
    template = (
        '{# told here #}\n{% if told %}\n<p class="told">No <b>student</b> was told {{ told }}</p>\n'
        "<p>A second\n<code>told</code></p>{% endif %}\n"
    )
    page = written(tmp_path, "page.html.j2", template)
    assert problems(page) == [(3, '"told": write "said", "named", "reported", or who does what')]
    assert text_of_page(template).splitlines() == ["", "", ". No student was told X. ", ". A second", "X. "]


def test_every_block_of_a_page_is_a_sentence(tmp_path: Path) -> None:
    words = "word " * MAX_WORDS
    assert problems(written(tmp_path, "page.html.j2", f"<p>{words}</p><p>{words}</p>\n")) == []
    assert problems(written(tmp_path, "page.html.j2", f"<p>{words}<b>one</b> more</p>\n")) == [
        (1, f'"word word word word word word …" has {MAX_WORDS + 2} words: split it (at most 35)')
    ]


def test_a_schema_is_read_in_its_descriptions(tmp_path: Path) -> None:
    schema = '{\n  "required": ["mended"],\n  "title": "A student is told so",\n  "told": {"$ref": "#/$defs/told"}\n}\n'
    assert problems(written(tmp_path, "thing.schema.json", schema)) == [
        (3, '"told": write "said", "named", "reported", or who does what')
    ]


def test_an_option_of_a_command_is_no_word() -> None:
    text = Text(Path("a.py"), 1, "message", f"{'word ' * MAX_WORDS}--option 5 | (42)")
    assert list(findings([text])) == []


def test_a_sentence_may_have_thirty_five_words_and_no_more() -> None:
    def found(words: int) -> list[str]:
        text = Text(Path("a.py"), 1, "message", f"{'word ' * words}. A short one.")
        return [finding.problem for finding in findings([text])]

    assert found(MAX_WORDS) == []
    assert found(MAX_WORDS + 1) == [
        f'"word word word word word word …" has {MAX_WORDS + 1} words: split it (at most 35)'
    ]


def test_a_document_that_is_hard_to_read_is_found() -> None:
    easy = "You run it and read what it says. " * 40
    hard = "Institutional documentation systematically overcomplicates straightforward explanations. " * 40
    assert list(findings([Text(Path("easy.md"), 1, "document", easy)])) == []
    (finding,) = findings([Text(Path("hard.md"), 1, "document", hard)])
    assert finding.problem == f"its readability index LIX is 106: at most {MAX_LIX:.0f}"


def test_markdown_without_its_code_keeps_its_line_numbers() -> None:
    page = "# Title\n\n```bash\nlabgrader told\n```\n| a | b |\n| --- | --- |\n- an item\n"
    assert prose_of_markdown(page).splitlines() == ["Title.", "", "", "", "", "a. b.", "", ". an item"]


def test_the_command_prints_findings_and_its_status_says_whether_there_are_any(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = written(tmp_path, "good.md", "All is well.\n")
    bad = written(tmp_path, "bad.md", "Nobody reads it.\n")
    assert main([str(good)]) == 0
    assert capsys.readouterr() == ("", "plain English: nothing found\n")
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr() == (f'{bad}:1: "Nobody": write "no student", "no user"\n', "1 findings\n")
