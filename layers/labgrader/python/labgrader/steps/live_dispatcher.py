"""The way to a student's functions, by whatever sets them to work: opened when the first question comes."""

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
from labgrader.roster import GraderAccount, Student
from labgrader.steps.run_documents import student_of
from labgrader.store import Store


@dataclass(frozen=True)
class Sharing:
    """How the load tests of a run share the executions of an account.

    Args:
        home: the grader's own account and Region.
        in_flight: what all of them may have in flight together in the grader's own account, as the run's plan says;
            ``None`` where it does not say.
        ends_at: seconds since the epoch when the function that runs the load test is over.
    """

    home: GraderAccount
    in_flight: int | None
    ends_at: float

    def admission(self, student: Student, connection: AccountSession, **given: Any) -> Admission:
        """What admits a student's load tests.

        Args:
            student: who is load-tested.
            connection: the way into the student's account.
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
    """Answers the questions that set one student's functions to work, and opens nothing until one is asked.

    Args:
        store: the stack's store.
        run_id, username: whose functions.
        stack: the stack's name; what begins with it is the grader's own and never touched.
        sharing: how load tests share the account; without it, none is run.
    """

    def __init__(self, store: Store, run_id: str, username: str, stack: str, sharing: Sharing | None = None) -> None:
        self._store = store
        self._run_id = run_id
        self._sharing = sharing
        self._username = username
        self._forbidden = f"{stack}-"
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
        student = student_of(self._store, self._run_id, self._username)
        accounts = _accounts(self._run_id)
        try:
            return self._handler_for(action, student, accounts.open(student))
        except (ClientError, BotoCoreError) as error:
            refusal = classify_error(error)
            if refusal.transient:
                said = f"{accounts.opens_with(student)}: {refusal}"
                raise ServiceFaultError(said, refusal.reason_code) from error  # tried again
            said = f"{refusal.code}: {refusal.message}"
            raise NotGradedError(accounts.opens_with(student), said, refusal.reason_code) from error

    def _handler_for(self, action: str, student: Student, connection: AccountSession) -> Callable[[Question], Answer]:
        """What answers an action; one for all questions of it, for it remembers what hung."""
        ownership = self._ownership_of(student)
        if action == CALL_API:
            return ApiCaller(connection.client("apigateway"), ownership).answer
        if action == DROP_OBJECT:
            return ObjectDropper(connection.client("s3"), ownership).answer
        if action == SEND_MESSAGES:
            return MessageSender(connection.client("sqs"), ownership).answer
        if action in (LOAD_TEST, COMPARE):
            return self._tester(student, connection)
        client = connection.client("lambda")
        return Invoker.from_client(
            client,
            username=ownership.username,
            forbidden=ownership.forbidden,
            longer_usernames=ownership.longer_usernames,
        ).answer

    def _ownership_of(self, student: Student) -> Ownership:
        return Ownership(student.username, self._forbidden, student.longer_usernames)

    def _tester(self, student: Student, connection: AccountSession) -> Callable[[Question], Answer]:
        if self._sharing is None:
            raise BadInputError(["load tests are run by the state Run load test, which shares the account out"])
        from labgrader.load_testing.load_tester import LoadTester  # Run probe never needs it

        admission = self._sharing.admission(student, connection, leases=self._store, holder=self._run_id)
        clients = connection.client("lambda"), lambda: connection.client("apigateway")
        tester = LoadTester(*clients, self._ownership_of(student), admission=admission)

        def answer(question: Question) -> Answer:
            try:
                return tester.answer(question)
            except NotGradedError as refusal:
                if refusal.action:  # it is not the student's to be loaded
                    raise
                # Refused by us: kept as evidence, so that an instructor sees why.
                return Answer(error_code=REFUSED, error_message=refusal.reason, reason=refusal.reason_code)

        return answer


@lru_cache(maxsize=1)
def _accounts(run_id: str) -> Accounts:
    """The accounts of a run: a warm function serves many of its checks, and making clients costs 100 ms."""
    return Accounts(run_id)
