"""`token`: bearer tokens for the API: issue them, list them, revoke them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.command_line import HelpGroup
from cli.errors import TargetError, UsageError
from cli.options import Aws, Json, Stack, chosen
from cli.output import console
from cli.output.times import time_text
from cli.project import DEFAULT_STACK
from cli.signing_key import signing_key
from cli.target import Target, choose, stack_outputs
from labgrader import __version__
from labgrader.auth.tokens import DEFAULT_DAYS, MAX_DAYS, check_request, fingerprint, issue
from labgrader.errors import BadInputError, LabgraderError
from labgrader.messages import quote
from labgrader.moments import isoformat_utc

_token = typer.Typer(
    help="Bearer tokens for the API: issue, list, revoke.",
    epilog="Example: labgrader token issue --student user1 > user1.token",
    no_args_is_help=True,
)


ACTIVE = "active"
"""The state of a token that is accepted."""


INSTALL = f"pip install labgrader_student-{__version__}-py3-none-any.whl"
"""The command that installs the students' package from its file."""


class Role(StrEnum):
    """The role of a token."""

    STUDENT = "student"
    INSTRUCTOR = "instructor"


POSITION = 80
"""Where these commands stand within their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_token, name="token", rich_help_panel=HelpGroup.STUDENTS)


@_token.command("issue", epilog="Example: labgrader token issue --student user1 --days 30 > user1.token")
def issue_token(
    student: Annotated[
        str,
        typer.Option(
            "--student",
            metavar="USERNAME",
            help="A username of the class list. For an instructor token: any name of a-z, 0-9, - and _. Runs show it "
            "as the person who started them.",
        ),
    ],
    role: Annotated[
        Role,
        typer.Option(
            "--role",
            help="A student token shows only the student's own work. An instructor token can start runs and read all "
            "results.",
        ),
    ] = Role.STUDENT,
    days: Annotated[
        int, typer.Option("--days", metavar="N", help=f"Days until the token expires, 1 to {MAX_DAYS}.")
    ] = DEFAULT_DAYS,
    message: Annotated[
        bool,
        typer.Option(
            "--message", help="Print a message for the student instead of the token alone, also into a pipe or a file."
        ),
    ] = False,
    install: Annotated[
        str,
        typer.Option(
            "--install",
            metavar="COMMAND",
            envvar="LABGRADER_STUDENT_INSTALL",
            show_default=False,
            help="The command with which your students install labgrader, for the message. By default, the command for "
            "the file of the students' package.",
        ),
    ] = "",
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Issue a bearer token for the API. It is shown once and not stored.

    A terminal shows a message for the student: how to install the command, the address, the token and what to type.
    A pipe or a file gets the token alone.
    """
    check_request(student, role, days)
    if message and role is Role.INSTRUCTOR:
        raise UsageError("--message is for students: an instructor's token is printed alone")
    target = choose(aws)
    outputs = stack_outputs(target, stack)
    store = target.store(outputs)
    key = signing_key(target, outputs)
    token, claims = issue(key, student, role, days, datetime.now(UTC), stack)
    if not store.record_token({**claims.to_record(), "key": fingerprint(key)}):
        raise TargetError(f"another token has the id {claims.jti}; issue the token again")
    console.info(f"a token for {claims.subject} ({claims.role}), valid until {time_text(claims.expires_at)}")
    enrolments = store.enrolments(claims.subject) if claims.role == "student" else []
    if claims.role == "student" and not (enrolments or store.history(claims.subject)):
        console.error(f"{claims.subject} is in no course and in no run yet: check the username in the class list")
    console.info("send the token in private: anyone who has it can act as its owner")
    console.info(f"revoke it with `labgrader token revoke {claims.jti}{chosen(aws, stack)}`")
    if message or (sys.stdout.isatty() and role is Role.STUDENT):
        if not install:
            console.info("attach the students' package to the message (docs/self-checks-and-api.md), or use --install")
        lab = next((lab for enrolment in enrolments for lab in enrolment.rows), "LAB_ID")
        expires = isoformat_utc(claims.expires_at)
        console.output(_message(token, expires, outputs.get("ApiUrl", "ADDRESS"), lab, install or INSTALL))
    else:
        console.output(token)


def _message(token: str, expires_at: str, url: str, lab: str, install: str) -> str:
    """Return the message for a student, with everything that the first self-check needs.

    Args:
        token: the token.
        expires_at: when it expires, ISO 8601.
        url: the address of the API.
        lab: the id of a lab of the student, for the example.
        install: the command that installs labgrader.
    """
    return f"""
Check your own work before it is graded, with labgrader.

1. Install the command once (Python 3.11 or newer):

   {install}

2. Set the address and your token, in each new terminal:

   export LABGRADER_API_URL={shlex.quote(url)}
   export LABGRADER_TOKEN={token}

3. Check a lab, and read your reports:

   labgrader self-check --lab {lab}
   labgrader my-reports

Keep the token secret: anyone who has it can act as you. It is valid until {time_text(expires_at)}.
"""


@_token.command(epilog="Example: labgrader token revoke 0f3a5b7c9d1e2f40")
def revoke(
    jti: Annotated[
        list[str] | None, typer.Argument(metavar="JTI…", help="The tokens, as `labgrader token list` shows them.")
    ] = None,
    student: Annotated[
        str | None, typer.Option("--student", metavar="USERNAME", help="Revoke all tokens of this student.")
    ] = None,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Revoke tokens. The API refuses a revoked token from the next request on."""
    if bool(jti) == bool(student):
        raise UsageError("name one of two: the tokens, or --student USERNAME for all tokens of a student")
    target = choose(aws)
    store = target.store(stack_outputs(target, stack))
    now = datetime.now(UTC)
    wanted = jti or [token["jti"] for token in store.tokens(_username(student or "")) if _state(token, now) == ACTIVE]
    revoked = {token_id: store.revoke_token(token_id, isoformat_utc(now)) for token_id in dict.fromkeys(wanted)}
    for token in revoked.values():
        if token is not None:
            console.output(
                f"{token['jti']}  {token['subject']} ({token['role']})  revoked {time_text(token['revoked_at'])}"
            )
    if student and not revoked:
        console.error(f"{quote(_username(student))} has no valid token")
    unknown = [token_id for token_id, token in revoked.items() if token is None]
    if unknown:
        raise BadInputError(
            [f"there is no token {quote(token_id)}; see `labgrader token list`" for token_id in unknown]
        )


@_token.command("list", epilog="Example: labgrader token list --student user1")
def list_tokens(
    student: Annotated[
        str | None, typer.Option("--student", metavar="USERNAME", help="List only the tokens of this student.")
    ] = None,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """List the issued tokens, newest first, with their owners and states.

    The state “key changed” means that the signing key was replaced since. The API refuses the token: issue a new one.
    """
    target = choose(aws)
    outputs = stack_outputs(target, stack)
    tokens = target.store(outputs).tokens(_username(student or ""))
    key = _known_as(target, outputs) if any("key" in token for token in tokens) else ""
    now = datetime.now(UTC)
    rows = [{**token, "state": _state(token, now, key)} for token in tokens]
    if as_json:
        console.output_json(rows)
        return
    columns = ("jti", "subject", "role", "state")
    console.output_table(
        ("token", "username", "role", "state", "issued", "expires"),
        [[*(row[name] for name in columns), time_text(row["issued_at"]), time_text(row["expires_at"])] for row in rows],
        ids=("token", "username"),
        optional=("issued", "role", "expires"),
    )


def _known_as(target: Target, outputs: Mapping[str, str]) -> str:
    """Return the fingerprint of the signing key; empty if it cannot be read, because the list works without it."""
    try:
        return fingerprint(signing_key(target, outputs))
    except LabgraderError as error:
        console.error(f"the state “key changed” is not shown, because the signing key cannot be read: {error}")
        return ""


def _state(token: Mapping[str, Any], now: datetime, key: str = "") -> str:
    if "revoked_at" in token:
        return "revoked"
    if now >= datetime.fromisoformat(token["expires_at"]):
        return "expired"
    return "key changed" if key and token.get("key", key) != key else ACTIVE


def _username(typed: str) -> str:
    """Return a username in the form of the roster."""
    return typed.strip().lower()
