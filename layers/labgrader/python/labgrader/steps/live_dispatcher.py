"""Send a check's requests to one student's resources: invocations, API requests, objects, messages, load tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.errors import BadInputError, NotGradedError, ServiceFaultError
from labgrader.evidence.load.load_test import COMPARE, LOAD_TEST
from labgrader.evidence.question import REFUSED, Answer, Question
from labgrader.load_testing.admission import Admission
from labgrader.probing.api_caller import CALL_API, ApiCaller
from labgrader.probing.function_invoker import Invoker
from labgrader.probing.message_sender import SEND_MESSAGES, MessageSender
from labgrader.probing.object_uploader import DROP_OBJECT, ObjectDropper
from labgrader.probing.ownership_guard import Ownership
from labgrader.recording.api_errors import classify_error
from labgrader.recording.sessions import Accounts, AccountSession
from labgrader.rosters import GraderAccount, Student
from labgrader.steps.run_documents import student_of
from labgrader.store import Store


@dataclass(frozen=True)
class Sharing:
    """How the load tests of a run share the concurrency of an account.

    Args:
        home: the grader's own account and Region.
        in_flight: the most requests that all load tests may have in flight together in the grader's own account, from
            the run's plan; ``None`` if the plan has no limit.
        ends_at: when the function that runs the load test times out, in seconds since the epoch.
    """

    home: GraderAccount
    in_flight: int | None
    ends_at: float

    def admission(self, student: Student, connection: AccountSession, **given: Any) -> Admission:
        """Return the admission of a student's load tests.

        Args:
            student: the student.
            connection: the session in the student's account.
            given: ``leases`` and ``holder``, as ``Admission`` takes them.
        """
        place = GraderAccount(student.account_id, student.region)
        return Admission(
            connection.client("lambda"),
            quota_scope=connection.place,
            student=student.username,
            in_flight=self.in_flight if place == self.home else None,
            ends_at=self.ends_at,
            **given,
        )


class StudentsFunctions:
    """Answers the questions that invoke one student's functions. It opens the account at the first question.

    Args:
        store: the stack's store.
        run_id, username: the run and the student.
        stack: the stack's name. Resources with this prefix belong to the grader and are never touched.
        sharing: how load tests share the account; without it, load tests are refused.
    """

    def __init__(self, store: Store, run_id: str, username: str, stack: str, sharing: Sharing | None = None) -> None:
        self._store = store
        self._run_id = run_id
        self._sharing = sharing
        self._ownership = Ownership(username, f"{stack}-")
        self._handlers: dict[str, Callable[[Question], Answer]] = {}

    def answer(self, question: Question) -> Answer:
        """Answer a question: invoke or load-test a function, call an API, put an object or send messages.

        Raises:
            NotGradedError: the student's account cannot be opened, or the resource does not belong to the student.
        """
        action = question.action
        if action not in self._handlers:
            self._handlers[action] = self._open(action)
        return self._handlers[action](question)

    def _open(self, action: str) -> Callable[[Question], Answer]:
        student = student_of(self._store, self._run_id, self._ownership.username)
        accounts = _accounts(self._run_id)
        try:
            return self._handler_for(action, student, accounts.open(student))
        except (ClientError, BotoCoreError) as error:
            refusal = classify_error(error)
            if refusal.transient:
                said = f"{accounts.opens_with(student)}: {refusal}"
                raise ServiceFaultError(said, refusal.reason_code) from error  # the workflow retries it
            said = f"{refusal.code}: {refusal.message}"
            raise NotGradedError(accounts.opens_with(student), said, refusal.reason_code) from error

    def _handler_for(self, action: str, student: Student, connection: AccountSession) -> Callable[[Question], Answer]:
        """Return the handler of an action. All questions share it, because it remembers which requests timed out."""
        ownership = self._ownership
        if action == CALL_API:
            return ApiCaller(connection.client("apigateway"), ownership).answer
        if action == DROP_OBJECT:
            return ObjectDropper(connection.client("s3"), ownership).answer
        if action == SEND_MESSAGES:
            return MessageSender(connection.client("sqs"), ownership).answer
        if action in (LOAD_TEST, COMPARE):
            return self._tester(student, connection)
        client = connection.client("lambda")
        return Invoker.from_client(client, username=ownership.username, forbidden=ownership.forbidden).answer

    def _tester(self, student: Student, connection: AccountSession) -> Callable[[Question], Answer]:
        if self._sharing is None:
            raise BadInputError(
                ["only the state Run load test runs load tests, because it shares the account's concurrency"]
            )
        from labgrader.load_testing.load_tester import LoadTester  # imported here: Run probe does not need it

        admission = self._sharing.admission(student, connection, leases=self._store, holder=self._run_id)
        clients = connection.client("lambda"), lambda: connection.client("apigateway")
        tester = LoadTester(*clients, self._ownership, admission=admission)

        def answer(question: Question) -> Answer:
            try:
                return tester.answer(question)
            except NotGradedError as refusal:
                if refusal.action:  # the target does not belong to the student
                    raise
                # labgrader refused the load test: the evidence shows the instructor why
                return Answer(error_code=REFUSED, error_message=refusal.reason, reason=refusal.reason_code)

        return answer


@lru_cache(maxsize=1)
def _accounts(run_id: str) -> Accounts:
    """Return the accounts of a run. They are cached: a warm function serves many checks, and a client takes 100 ms."""
    return Accounts(run_id)
