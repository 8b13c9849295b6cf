"""How an operation's request is sent: with the question's arguments, page after page, keeping what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from labgrader.evidence.asking.accounts import Connection
from labgrader.evidence.asking.calls import Calls, client_of
from labgrader.evidence.asking.facts import EVERYWHERE
from labgrader.evidence.asking.operation import Operation, Paging
from labgrader.evidence.question import Json, Question


class Requests:
    """Sends what the tables of operations say.

    Args:
        calls: paces and repeats the requests.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def send(self, connection: Connection, question: Question, operation: Operation, *, raw: bool = False) -> Json:
        """Send a question's request, with every page of a list; return what is kept of the answer.

        Args:
            raw: return the entries of the list as they are.
        """
        if operation.paging:
            pages = self.pages(connection, question, operation, operation.paging)
            entries = [entry for page in pages for entry in page.get(operation.entries) or ()]
            return entries if raw else [operation.keep(entry) for entry in entries]
        place, request = (
            place_of(connection, everywhere=operation.everywhere),
            _request(connection, question, operation),
        )
        answer = self._calls.send(place, question.action, request)
        if operation.entries:
            return operation.keep(answer.get(operation.entries))
        return operation.keep({name: value for name, value in answer.items() if name != "ResponseMetadata"})

    def pages(
        self, connection: Connection, question: Question, operation: Operation, paging: Paging
    ) -> list[Mapping[str, Any]]:
        """Return every page of a list: half a list is no list."""
        return list(
            self._calls.pages(
                place_of(connection, everywhere=operation.everywhere),
                question.action,
                _request(connection, question, operation, paging.size),
                token_in=paging.token_in,
                token_out=paging.token_out,
                most=operation.most,
            )
        )


def _request(
    connection: Connection, question: Question, operation: Operation, size: Mapping[str, int] | None = None
) -> Callable[..., dict[str, Any]]:
    """A request with the question's arguments; more (a marker) can be given when it is sent."""
    method = getattr(client_of(connection, operation.service), operation.method)

    def send(**more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = method(**question.arguments, **operation.fixed, **(size or {}), **more)
        return answer

    return send


def place_of(connection: Connection, *, everywhere: bool) -> str:
    """Whose quota a request takes from: the account and its Region, or the account alone."""
    return f"{connection.account_id} {EVERYWHERE}" if everywhere else connection.place
