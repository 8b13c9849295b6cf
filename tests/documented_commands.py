"""Find the `labgrader` commands of a page, and their errors."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import typer.main

from cli.main import app

SHELL = ("", "bash", "sh")
"""The languages of code blocks that hold commands; a block without a language may be one."""

_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(labgrader(?: [^`]+)?)`")
_SUBSTITUTION = re.compile(r"\$\((labgrader [^()]*)\)")


@dataclass(frozen=True)
class Shown:
    """A command that a page shows.

    Args:
        text: the line of the code block, or the inline code.
        words: the words after `labgrader`.
        whole: whether it can be typed as it is shown; prose may name a command without its options.
    """

    text: str
    words: tuple[str, ...]
    whole: bool


def shown_commands(page: str) -> list[Shown]:
    """Return the commands of a Markdown page: those of its code blocks, and those that its prose names."""
    shown = []
    for language, block in _BLOCK.findall(page):
        if language in SHELL:
            for line in block.replace("\\\n", " ").splitlines():
                shown += [Shown(line.strip(), words, whole=True) for words in _commands(line)]
    for inline in _INLINE.findall(page):
        shown += [Shown(inline, words, whole=False) for words in _commands(inline)]
    return shown


def problems(shown: Shown) -> list[str]:
    """Say what is wrong with a command: names, options, choices or arguments that `labgrader` does not have."""
    command: Any = typer.main.get_command(app)
    help_options = set(command.context_settings.get("help_option_names", ["--help"]))
    words = list(shown.words)
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return [f"there is no command {words[0]}"]
        command = command.commands[words.pop(0)]
    if hasattr(command, "commands") and not words and shown.whole and not command.invoke_without_command:
        return ["the command is incomplete"]
    options = {name: option for option in command.params if option.param_type_name == "option" for name in option.opts}
    places = [argument for argument in command.params if argument.param_type_name == "argument"]
    found, used, plain = [], set(), []
    while words:
        word, equals, value = words.pop(0).partition("=")
        if not word.startswith("-"):
            plain.append(word + equals + value)
            continue
        if word in help_options:
            continue
        if word not in options:
            found.append(f"there is no option {word}")
            continue
        option = options[word]
        used.add(option.name)
        if option.is_flag:
            continue
        if not equals and not words and shown.whole:
            found.append(f"{word} has no value")
        given = value if equals else words.pop(0) if words else ""
        choices = _choices(option)
        if choices and given and not given.isupper() and given not in choices:
            found.append(f"{word} cannot be {given}")
    if len(plain) > len(places) and not any(argument.nargs == -1 for argument in places):
        found.append(f"there is no argument {plain[len(places)]}")
    if shown.whole:
        missing = [option for option in options.values() if option.required and option.name not in used]
        found += sorted({f"{option.opts[0]} is missing" for option in missing})
        needed = [argument for argument in places if argument.required]
        found += [f"{argument.name} is missing" for argument in needed[len(plain) :]]
    return found


def _choices(option: Any) -> list[str]:
    """Return the values that an option can have; nothing if it takes any value."""
    descriptor = getattr(option, "type_descriptor", None)
    if descriptor is None:  # an earlier Typer keeps the type as click does
        return [str(getattr(choice, "value", choice)) for choice in getattr(option.type, "choices", ())]
    annotation = descriptor.annotation
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(choice.value) for choice in annotation]
    return [str(choice) for choice in get_args(annotation)] if get_origin(annotation) is Literal else []


def _commands(line: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each `labgrader` command of a line, without comments and redirections."""
    for inner in _SUBSTITUTION.findall(line):
        yield tuple(shlex.split(inner)[1:])
    if not re.search(r"(^|[\s/(])labgrader( |$)", line):
        return
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    target = False  # the file of a redirection comes next
    for token in [*lexer, ";"]:
        if set(token) <= set("();<>|&"):
            target = token in (">", ">>", "<")
            if not target:
                if words and words[0].rpartition("/")[2] == "labgrader":
                    yield tuple(words[1:])
                words = []
        elif target:
            target = False
        elif words or not re.match(r"\w+=", token):  # a variable before the command is not the command
            words += [token] * (token != "…")
