"""The check of the project's language: ``python -m cli.documentation.plain_english [PATH]…``.

It reads every sentence that a person reads: documents, lab files, the descriptions of the template and of the JSON
schemas, the text of the pages, and the strings, docstrings, comments and test names of Python files. It reports banned
phrases with their replacements, and sentences and documents that are hard to read.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

PHRASES = Path(__file__).with_name("banned_phrases.yaml")

MAX_WORDS = 35
"""Words of one sentence. Guides to plain English ask for 15 to 20 on average, and for at most 35 in any sentence
(Oxford Guide to Plain English, chapter 2)."""

MAX_LIX = 48.0
"""Readability index of a document: words a sentence, plus the percentage of words with more than six letters. Below 30
is a children's book, 40 is a newspaper, 50 an official report (Björnsson, "Readability of newspapers in 11 languages",
Reading Research Quarterly 18, 1983)."""

SENTENCE_WORDS = 4
"""A Python string of fewer words is a name, a key or a value."""

MIN_TEXT_WORDS = 100
"""The index of a shorter document is chance."""


@dataclass(frozen=True)
class Text:
    """A piece of text that a person reads.

    Attributes:
        path: the file.
        line: where the text begins, from 1.
        kind: ``message``, ``docstring``, ``comment``, ``name`` or ``document``.
        text: plain text. Code, commands and addresses are taken out.
    """

    path: Path
    line: int
    kind: str
    text: str


@dataclass(frozen=True)
class Finding:
    """What is wrong with one text."""

    path: Path
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem}"


@cache
def banned_phrases() -> list[tuple[re.Pattern[str], str]]:
    """Return each banned phrase with what to write instead, from ``banned_phrases.yaml``."""
    listed = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))
    return [(re.compile(rf"\b(?:{phrase})\b", re.IGNORECASE), instead) for phrase, instead in listed.items()]


def findings(texts: Iterable[Text]) -> Iterator[Finding]:
    """Yield what is wrong with the texts: banned phrases, long sentences, and documents that are hard to read."""
    for text in texts:
        for pattern, instead in banned_phrases():
            for found in pattern.finditer(text.text):
                line = text.line + text.text.count("\n", 0, found.start())
                yield Finding(text.path, line, f'"{found.group()}": write {instead}')
        if text.kind != "name":
            yield from _long_sentences(text)
        if text.kind == "document":
            yield from _hard_document(text)


def _long_sentences(text: Text) -> Iterator[Finding]:
    for sentence in re.split(r"(?<=[.!?:;·])\s+|\n\s*\n", text.text):
        words = len(re.findall(r"(?<!\S)[\"'“(*]*[^\W\d_]", sentence))
        if words > MAX_WORDS:
            line = text.line + text.text.count("\n", 0, text.text.find(sentence))
            begin = " ".join(sentence.split()[:6])
            yield Finding(text.path, line, f'"{begin} …" has {words} words: split it (at most {MAX_WORDS})')


def _hard_document(text: Text) -> Iterator[Finding]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # textstat 0.7.4 imports pkg_resources, which is deprecated
        import textstat  # a development tool: an installed labgrader does not have it

    if len(text.text.split()) < MIN_TEXT_WORDS:
        return
    index = textstat.lix(text.text)
    if index > MAX_LIX:
        yield Finding(text.path, 1, f"its readability index LIX is {index:.0f}: at most {MAX_LIX:.0f}")


def texts_of(path: Path) -> Iterator[Text]:
    """Yield the texts of one file, by its kind: Markdown, page template, YAML, JSON schema or Python."""
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        yield Text(path, 1, "document", prose_of_markdown(content))
    elif path.suffix == ".j2":
        yield Text(path, 1, "message", text_of_page(content))
    elif path.suffix == ".yaml":
        yield from _comments_of_yaml(path, content)
        yield from _values_of_yaml(path, content)
    elif path.suffix == ".json":
        yield from _values_of_yaml(path, content)  # JSON is YAML
    elif path.suffix == ".py":
        yield from _texts_of_python(path, content)


def prose_of_markdown(content: str) -> str:
    """Return the sentences of a Markdown document; its lines keep their numbers.

    Code blocks, code spans, tables' rules, addresses and pictures are left out. A list item without a full stop is a
    sentence of its own.
    """
    lines: list[str] = []
    fenced = False
    for line in content.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
            lines.append("")
            continue
        if fenced or line.startswith("    "):
            lines.append("")
            continue
        lines.append(_sentence_of_line(line))
    return without_code("\n".join(lines))


def _sentence_of_line(line: str) -> str:
    """Return a heading, a row of a table or a list item as a sentence; any other line as it is."""
    if not line.startswith(("#", "|")):
        return re.sub(r"^\s*(?:[-*>]|\d+\.)\s+", ". ", line)
    if set(line) <= set("-:| "):
        return ""
    return f"{line.strip('#| ').replace(' | ', '. ')}."


def without_code(text: str) -> str:
    """Return a text without code spans, addresses, placeholders and markup."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"``[^`]*``|`[^`]*`", "X", text)
    text = re.sub(r"https?://\S+", "X", text)
    text = re.sub(r"\{[^{}]*\}", "X", text)
    return text.replace("**", "").replace("—", ";")


def text_of_page(template: str) -> str:
    """Return the visible text of a page template; its lines keep their numbers.

    Each block of the page is a sentence of its own. Comments, statements, values and code are left out.
    """
    for pattern, instead in (
        (r"\{#.*?#\}|\{%.*?%\}|<style>.*?</style>", ""),
        (r"\{\{.*?\}\}|<code>.*?</code>", "X"),
        (r"</?(?:a|b|bdi|i|span|strong)\b[^>]*>", ""),
        (r"<[^>]*>", ". "),
    ):
        pieces = re.split(f"({pattern})", template, flags=re.DOTALL)
        pieces[1::2] = [instead + "\n" * piece.count("\n") for piece in pieces[1::2]]
        template = "".join(pieces)
    return without_code(template)


def _comments_of_yaml(path: Path, content: str) -> Iterator[Text]:
    for number, line in enumerate(content.splitlines(), 1):
        comment = re.search(r"(?:^|\s)#\s?(.*)", line)
        if comment:
            yield Text(path, number, "comment", without_code(comment.group(1)))


def _values_of_yaml(path: Path, content: str) -> Iterator[Text]:
    for node in _scalars(yaml.compose(content, yaml.SafeLoader)):
        if _is_sentence(node.value):
            yield Text(path, node.start_mark.line + 1, "message", without_code(node.value))


def _scalars(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from _scalars(entry)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _scalars(value)


def _texts_of_python(path: Path, content: str) -> Iterator[Text]:
    tree = ast.parse(content)
    docstrings = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # a string that stands alone is a docstring, also the one below a constant
            docstrings |= {id(statement.value) for statement in body if isinstance(statement, ast.Expr)}
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield Text(path, node.lineno, "name", node.name.replace("_", " "))
        if isinstance(node, ast.For | ast.comprehension):
            names = [target for target in ast.walk(node.target) if isinstance(target, ast.Name)]
            for name in names:
                yield Text(path, name.lineno, "name", f"for {name.id} in")
    in_pieces = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in in_pieces:
            kind = "docstring" if id(node) in docstrings else "message"
            yield from _sentence(path, node.lineno, kind, node.value)
        elif isinstance(node, ast.JoinedStr):
            pieces = [str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values]
            yield from _sentence(path, node.lineno, "message", "".join(pieces))
    for number, comment in _comments(content):
        yield Text(path, number, "comment", without_code(comment))


def _sentence(path: Path, line: int, kind: str, text: str) -> Iterator[Text]:
    if kind == "docstring" or _is_sentence(text):
        yield Text(path, line, kind, without_code(text))


def _is_sentence(text: str) -> bool:
    """Whether a string is prose: some words, no command, no program, no markup."""
    words = re.findall(r"[A-Za-z][a-z'’-]+", text)
    starts = ("aws ", "zip ", "<", "{", "import ", "def ", "SELECT ", "arn:")
    return len(words) >= SENTENCE_WORDS and " " in text.strip() and not text.lstrip().startswith(starts)


def _comments(content: str) -> Iterator[tuple[int, str]]:
    """Yield comments with their lines; those of neighboring lines are one."""
    begin, last, said = 0, -1, ""
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        if token.type != tokenize.COMMENT:
            continue
        number, text = token.start[0], token.string.lstrip("#! ")
        if re.match(r"(type: |noqa|pragma|fmt:|ruff:|/)", text):
            continue
        if number == last + 1 and said:
            said = f"{said}\n{text}"
        else:
            if said:
                yield begin, said
            begin, said = number, text
        last = number
    if said:
        yield begin, said


SUFFIXES = (".html.j2", ".md", ".py", ".schema.json", ".yaml")

LEFT_OUT = (
    "CHANGELOG.md",  # the words of its time
    "docs/openapi.yaml",  # generated from Python files, which are read
    "cli/documentation/banned_phrases.yaml",
    "tests/cli/documentation/test_plain_english.py",
)


def project_files() -> list[Path]:
    """Return the files of the repository that hold text."""
    git = ["git", "ls-files"]
    listed = subprocess.run(git, check=True, capture_output=True, text=True).stdout.splitlines()  # noqa: S603
    return [Path(name) for name in listed if name.endswith(SUFFIXES) and name not in LEFT_OUT]


def main(arguments: list[str]) -> int:
    """Print what is wrong with the files, or with those of the whole repository; return 1 if something is."""
    paths = [Path(name) for name in arguments] or project_files()
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    found = [
        finding
        for file in files
        if file.name.endswith(SUFFIXES) and file.as_posix() not in LEFT_OUT
        for finding in findings(texts_of(file))
    ]
    for finding in sorted(found, key=lambda finding: (finding.path, finding.line)):
        print(finding)
    print(f"{len(found)} findings" if found else "plain English: nothing found", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
