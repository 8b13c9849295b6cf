"""The way to a student's functions, by whatever sets them to work: opened when the first question comes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.errors import NotGradedError, ServiceFaultError
from labgrader.evidence.accounts import Accounts, Connection
from labgrader.evidence.calls import understood
from labgrader.evidence.live.http_call import CALL_API, ApiCaller
from labgrader.evidence.live.invoker import Invoker
from labgrader.evidence.live.message_send import SEND_MESSAGES, MessageSender
from labgrader.evidence.live.object_drop import DROP_OBJECT, ObjectDropper
from labgrader.evidence.live.ownership import Ownership
from labgrader.evidence.question import Answer, Question
from labgrader.steps.run_record import student_of
from labgrader.store import Store


class StudentsFunctions:
    """Answers the questions that set one student's functions to work, and opens nothing until one is asked.

    Args:
        store: the stack's store.
        run_id, username: whose functions.
        stack: the stack's name; what begins with it is the grader's own and never touched.
    """

    def __init__(self, store: Store, run_id: str, username: str, stack: str) -> None:
        self._store = store
        self._run_id = run_id
        self._ownership = Ownership(username, f"{stack}-")
        self._ways: dict[str, Callable[[Question], Answer]] = {}

    def answer(self, question: Question) -> Answer:
        """Invoke or load a function, call an API, put an object or send messages, as the question says.

        Raises:
            NotGradedError: the student's account cannot be opened, or what would be touched is not the student's.
        """
        action = question.action
        if action not in self._ways:
            self._ways[action] = self._open(action)
        return self._ways[action](question)

    def _open(self, action: str) -> Callable[[Question], Answer]:
        student = student_of(self._store, self._run_id, self._ownership.username)
        accounts = _accounts(self._run_id)
        try:
            return self._way(action, accounts.open(student))
        except (ClientError, BotoCoreError) as error:
            refusal = understood(error)
            if refusal.passing:
                raise ServiceFaultError(f"{accounts.opens_with(student)}: {refusal}") from error  # tried again
            raise NotGradedError(accounts.opens_with(student), f"{refusal.code}: {refusal.message}") from error

    def _way(self, action: str, connection: Connection) -> Callable[[Question], Answer]:
        """What answers an action; one for all questions of it, for it remembers what hung."""
        ownership = self._ownership
        if action == CALL_API:
            return ApiCaller(connection.client("apigateway"), ownership).answer
        if action == DROP_OBJECT:
            return ObjectDropper(connection.client("s3"), ownership).answer
        if action == SEND_MESSAGES:
            return MessageSender(connection.client("sqs"), ownership).answer
        client = connection.client("lambda")
        return Invoker.from_client(client, username=ownership.username, forbidden=ownership.forbidden).answer


@lru_cache(maxsize=1)
def _accounts(run_id: str) -> Accounts:
    """The accounts of a run: a warm function serves many of its checks, and making clients costs 100 ms."""
    return Accounts(run_id)
