"""The way to a student's functions: opened when the first question comes, with the student's own role."""

from __future__ import annotations

from functools import lru_cache

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.errors import NotGradedError, ServiceFaultError
from labgrader.evidence.accounts import Accounts
from labgrader.evidence.calls import understood
from labgrader.evidence.invoker import Invoker
from labgrader.evidence.question import Answer, Question
from labgrader.steps.run_record import student_of
from labgrader.store import Store


class StudentsFunctions:
    """Answers the questions that call one student's functions, and opens nothing until one is asked.

    Args:
        store: the stack's store.
        run_id, username: whose functions.
        stack: the stack's name; functions that begin with it are the grader's own and never called.
    """

    def __init__(self, store: Store, run_id: str, username: str, stack: str) -> None:
        self._store = store
        self._run_id = run_id
        self._username = username
        self._stack = stack
        self._invoker: Invoker | None = None

    def answer(self, question: Question) -> Answer:
        """Put one question to a function.

        Raises:
            NotGradedError: the student's account cannot be opened, or the function is not the student's.
        """
        if self._invoker is None:
            self._invoker = self._open()
        return self._invoker.answer(question)

    def _open(self) -> Invoker:
        student = student_of(self._store, self._run_id, self._username)
        accounts = _accounts(self._run_id)
        try:
            client = accounts.open(student).client("lambda")
        except (ClientError, BotoCoreError) as error:
            refusal = understood(error)
            if refusal.passing:
                raise ServiceFaultError(f"{accounts.opens_with(student)}: {refusal}") from error  # tried again
            raise NotGradedError(accounts.opens_with(student), f"{refusal.code}: {refusal.message}") from error
        return Invoker.from_client(client, username=self._username, forbidden=f"{self._stack}-")


@lru_cache(maxsize=1)
def _accounts(run_id: str) -> Accounts:
    """The accounts of a run: a warm function serves many of its checks, and making clients costs 100 ms."""
    return Accounts(run_id)
