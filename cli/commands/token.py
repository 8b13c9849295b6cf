"""`token`: bearer tokens for the API: issue them, list them, revoke them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.command_line import HelpGroup
from cli.errors import TargetError, UsageError
from cli.options import Aws, Json, Stack, chosen
from cli.output import console
from cli.project import DEFAULT_STACK
from cli.signing_key import signing_key
from cli.target import Target, choose, stack_outputs
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


class Role(StrEnum):
    """The role of a token's bearer."""

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
            help="Whose token it is: a username of the class list; for an instructor a name in the same letters "
            "(a-z, 0-9, - and _), which stands in the runs that the token starts.",
        ),
    ],
    role: Annotated[
        Role,
        typer.Option("--role", help="A student sees the own work; an instructor may start runs and see everybody's."),
    ] = Role.STUDENT,
    days: Annotated[
        int, typer.Option("--days", metavar="N", help=f"How long it is good, 1 to {MAX_DAYS}.")
    ] = DEFAULT_DAYS,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Issue a bearer token for the API. Prints the token alone; it is shown once and kept nowhere."""
    check_request(student, role, days)
    target = choose(aws)
    outputs = stack_outputs(target, stack)
    store = target.store(outputs)
    key = signing_key(target, outputs)
    token, claims = issue(key, student, role, days, datetime.now(UTC), stack)
    if not store.record_token({**claims.to_record(), "key": fingerprint(key)}):
        raise TargetError(f"there is another token of the id {claims.jti}; issue it again")
    console.info(f"a token for {claims.subject} ({claims.role}), good until {isoformat_utc(claims.expires_at)}")
    if claims.role == "student" and not (store.enrolments(claims.subject) or store.history(claims.subject)):
        console.error(
            f"{claims.subject} is in no course and in no run yet: is the username spelt as in the class list?"
        )
    console.info("hand it over in private: whoever has it is taken for its owner")
    console.info(f"revoke it with `labgrader token revoke {claims.jti}{chosen(aws, stack)}`")
    console.output(token)


@_token.command(epilog="Example: labgrader token revoke 0f3a5b7c9d1e2f40")
def revoke(
    jti: Annotated[
        list[str] | None, typer.Argument(metavar="JTI…", help="The tokens, as `labgrader token list` names them.")
    ] = None,
    student: Annotated[
        str | None, typer.Option("--student", metavar="USERNAME", help="All tokens of this student.")
    ] = None,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Revoke tokens: from the next request on they open nothing. A token that is revoked already stays so."""
    if bool(jti) == bool(student):
        raise UsageError("name either the tokens, or with --student whose tokens they are")
    target = choose(aws)
    store = target.store(stack_outputs(target, stack))
    now = datetime.now(UTC)
    wanted = jti or [token["jti"] for token in store.tokens(_username(student or "")) if _state(token, now) == ACTIVE]
    revoked = {token_id: store.revoke_token(token_id, isoformat_utc(now)) for token_id in dict.fromkeys(wanted)}
    for token in revoked.values():
        if token is not None:
            console.output(f"{token['jti']}  {token['subject']} ({token['role']})  revoked {token['revoked_at']}")
    if student and not revoked:
        console.error(f"{quote(_username(student))} has no token that is still good")
    unknown = [token_id for token_id, token in revoked.items() if token is None]
    if unknown:
        raise BadInputError(
            [f"there is no token {quote(token_id)}; see `labgrader token list`" for token_id in unknown]
        )


@_token.command("list", epilog="Example: labgrader token list --student user1")
def list_tokens(
    student: Annotated[
        str | None, typer.Option("--student", metavar="USERNAME", help="Only the tokens of this student.")
    ] = None,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """List the tokens that were issued, newest first: whose they are and whether they are still good.

    “key changed”: another key signs tokens now, and opens nothing that this one signed; issue it again.
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
    columns = ("jti", "subject", "role", "state", "issued_at", "expires_at")
    console.output_table(
        ("token", "username", "role", "state", "issued", "expires"), [[row[name] for name in columns] for row in rows]
    )


def _known_as(target: Target, outputs: Mapping[str, str]) -> str:
    """Return the fingerprint of the present signing key; empty if it may not be read, as the list works without it."""
    try:
        return fingerprint(signing_key(target, outputs))
    except LabgraderError as error:
        console.error(f"whether a token is of the present key is not told: {error}")
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
