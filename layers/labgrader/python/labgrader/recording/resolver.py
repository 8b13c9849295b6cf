"""From a question to AWS's answer: which request each question is, and what of the response is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from labgrader.errors import BadInputError
from labgrader.evidence.coerce import mapping
from labgrader.evidence.question import Answer, Json, Question
from labgrader.reasons import DENIED, THROTTLES
from labgrader.recording.account_cache import EVERYWHERE, AccountCache, AccountFacts
from labgrader.recording.api_calls import FORGET_THROTTLE_S, ApiClient, client_of, quota_scope
from labgrader.recording.api_errors import AwsCallError, MissingResourceError, classify_error
from labgrader.recording.class_lists import CLASS_LISTS
from labgrader.recording.operation import Operation, Paging
from labgrader.recording.operations import (
    ACCOUNT_OPERATIONS,
    IAM_ACTIONS,
    MANAGED_POLICY,
    OPERATIONS,
    READ_CODE,
    READ_PACKAGE,
    kept_tag,
)
from labgrader.recording.packages.code_analysis import read_code
from labgrader.recording.packages.package import Contents, Deployed, open_package
from labgrader.recording.redaction import without_secrets
from labgrader.recording.sessions import Accounts, AccountSession
from labgrader.rosters import Student

_GET_FUNCTION = Operation("lambda", "get_function")
_PROVISIONED_LIST = Operation("lambda", "list_provisioned_concurrency_configs", "ProvisionedConcurrencyConfigs")
_PROVISIONED_PAGING = Paging("Marker", "NextMarker")
_NO_SUCH_LIST = "ProvisionedConcurrencyConfigNotFoundException"


@dataclass
class Subject:
    """A student who is being recorded: the open account, and data that is never stored.

    Args:
        account_id, region: where the resources are.
        way: the session for the account, or the error if it cannot be opened.
        code: by function: the location of its package.
        opened: by function: the content of its package, so that it is downloaded once.
    """

    student: Student
    account_id: str
    region: str
    way: AccountSession | AwsCallError
    code: dict[str, Deployed] = field(default_factory=dict)
    opened: dict[str, Contents] = field(default_factory=dict)

    @property
    def connection(self) -> AccountSession:
        """The way into the account.

        Raises:
            AwsCallError: the account cannot be opened.
        """
        if isinstance(self.way, AwsCallError):
            raise self.way.saying(self.way.message)
        return self.way


class QuestionResolver:
    """Answers questions about students. Thread-safe; a student is in one thread at a time.

    Args:
        accounts: opens the students' accounts.
        calls: sends the requests.
        facts: what is common to a class; filled as it is asked.
    """

    def __init__(self, accounts: Accounts, api: ApiClient, facts: AccountCache) -> None:
        self._accounts = accounts
        self._api = api
        self._facts = facts
        self._http = urllib3.PoolManager(num_pools=4, maxsize=16)
        self._refused: dict[tuple[str, str, str], tuple[AwsCallError, float]] = {}
        self._answers: Mapping[str, Callable[[Subject, Question], Json]] = {
            **dict.fromkeys(CLASS_LISTS, self._class_list),
            **dict.fromkeys(OPERATIONS, self._own),
            **dict.fromkeys(ACCOUNT_OPERATIONS, self._shared),
            MANAGED_POLICY: self._shared,
            "lambda:GetFunction": self._function,
            "lambda:ListProvisionedConcurrencyConfigs": self._provisioned_list,
            READ_PACKAGE: lambda subject, question: self._contents(subject, question).listing,
            READ_CODE: lambda subject, question: read_code(self._contents(subject, question).own),
        }

    def open(self, student: Student) -> Subject:
        """Open a student's account. If that is refused, the refusal answers every question about the student."""
        action, region = self._accounts.opens_with(student), student.region
        try:
            region = self._accounts.region(student)
            if self._accounts.is_open(student):
                connection = self._accounts.open(student)
            else:
                connection = self._api.send(region, action, lambda: self._accounts.open(student))
        except (
            AwsCallError,
            ClientError,
            BotoCoreError,
            BadInputError,
        ) as error:  # those of botocore: not sent here
            refusal = error if isinstance(error, AwsCallError) else classify_error(error)
            return Subject(student, student.account_id, region, _closed(refusal, action, student))
        return Subject(student, connection.account_id, region, connection)

    def answer(self, subject: Subject, question: Question) -> Answer:
        """Answer one question: a value, ``None`` for what does not exist, or why AWS would not say."""
        ask = self._answers.get(question.action)
        if ask is None:
            return Answer(error_code="UnknownQuestion", error_message="labgrader cannot request this from AWS")
        try:
            return Answer(plain(ask(subject, question)))
        except MissingResourceError:
            return Answer(None)
        except AwsCallError as error:
            return error.answer(_naming_permission(question.action, error))

    # --- what is common to a class ----------------------------------------------------------------------------------

    def _class_list(self, subject: Subject, question: Question) -> Json:
        wanted, connection = CLASS_LISTS[question.action], subject.connection
        account = self._account_of(connection, wanted.operation)

        def ask() -> Json:
            try:
                return wanted.filed(self._api.ask(connection, question, wanted.operation, raw=True))
            except MissingResourceError as error:  # a list is never missing: no student loses points for it
                raise AwsCallError(error.code, "AWS says that there is no such list") from None

        self._ask_once(account.lists, account, subject, question.action, ask)
        return account.owned(question.action, subject.student.username)

    def _shared(self, subject: Subject, question: Question) -> Json:
        """Answer a question that is the same for everybody in an account. A missing resource is an answer too."""
        connection = subject.connection
        operation = ACCOUNT_OPERATIONS.get(question.action)
        account = self._account_of(connection, operation)

        def ask() -> Json:
            try:
                return (
                    self._api.ask(connection, question, operation)
                    if operation
                    else self._managed_policy(connection, question)
                )
            except MissingResourceError:
                return None

        self._ask_once(account.answers, account, subject, question.key, ask)
        return account.answers[question.key]

    def _ask_once(
        self, known: dict[str, Json], account: AccountFacts, subject: Subject, key: str, ask: Callable[[], Json]
    ) -> None:
        """Ask once for the whole class. Remember a refusal for the role that met it, and a fault for a while."""
        if key in known:
            return
        with account.turn(key):
            if key in known:
                return
            asker = (subject.connection.place, key, subject.student.role_arn)
            refusal, asked_at = self._refused.get(asker, (None, 0.0))
            if refusal and not (refusal.transient and self._api.rate_limiter.clock() - asked_at >= FORGET_THROTTLE_S):
                raise refusal.saying(refusal.message, transient=refusal.transient)
            try:
                known[key] = plain(ask())
            except AwsCallError as error:
                if error.code not in THROTTLES:  # those are remembered with their quota
                    self._refused[asker] = (error, self._api.rate_limiter.clock())
                raise

    def _managed_policy(self, connection: AccountSession, question: Question) -> Json:
        arn, client = question.arguments["PolicyArn"], client_of(connection, "iam")
        place = quota_scope(connection, everywhere=True)
        policy = self._api.send(place, question.action, lambda: client.get_policy(PolicyArn=arn))["Policy"]
        version = policy["DefaultVersionId"]
        answer = self._api.send(
            place, question.action, lambda: client.get_policy_version(PolicyArn=arn, VersionId=version)
        )
        return answer["PolicyVersion"].get("Document")

    # --- what is a student's own ------------------------------------------------------------------------------------

    def _own(self, subject: Subject, question: Question) -> Json:
        return self._api.ask(subject.connection, question, OPERATIONS[question.action])

    def _function(self, subject: Subject, question: Question) -> Json:
        answer = self._api.ask(subject.connection, question, _GET_FUNCTION)
        configuration = without_secrets(answer.get("Configuration") or {})
        if "Qualifier" not in question.arguments:
            subject.code[question.arguments["FunctionName"]] = Deployed.from_answer(answer)
        kept = {name: answer[name] for name in ("Concurrency", "TagsError") if answer.get(name)}
        tags = {key: kept_tag(key, of) for key, of in mapping(answer.get("Tags")).items()}
        return {"Configuration": configuration, **kept, **({"Tags": tags} if tags else {})}

    def _provisioned_list(self, subject: Subject, question: Question) -> Json:
        """List provisioned concurrency; ``None`` if the endpoint cannot, which is tried once for each account.

        An endpoint without this list takes the request for GetProvisionedConcurrencyConfig of ``$LATEST``: it misses
        that one's configuration, or answers with it. Only what has the shape of the list is one.
        """
        connection = subject.connection
        facts = self._facts.of(connection.account_id, connection.region)
        if facts.lists_provisioned_concurrency is None:
            with facts.turn(question.action):  # the first one finds out, the others wait for what it finds
                return self._try_provisioned_list(facts, connection, question)
        return self._try_provisioned_list(facts, connection, question)

    def _try_provisioned_list(self, facts: AccountFacts, connection: AccountSession, question: Question) -> Json:
        if facts.lists_provisioned_concurrency is False:
            return None
        try:
            pages = self._api.ask_pages(connection, question, _PROVISIONED_LIST, _PROVISIONED_PAGING)
            facts.lists_provisioned_concurrency = all("ProvisionedConcurrencyConfigs" in page for page in pages)
        except MissingResourceError as missing:
            if missing.code != _NO_SUCH_LIST and not self._exists(connection, question):
                raise  # the function was deleted while we looked: that says nothing about the endpoint
            facts.lists_provisioned_concurrency = False
        if not facts.lists_provisioned_concurrency:
            return None
        return [config for page in pages for config in page["ProvisionedConcurrencyConfigs"]]

    def _exists(self, connection: AccountSession, question: Question) -> bool:
        """Return whether the function of a question exists now."""
        about = Question("lambda:GetFunction", {"FunctionName": question.arguments["FunctionName"]})
        try:
            self._api.ask(connection, about, _GET_FUNCTION)
        except MissingResourceError:
            return False
        return True

    def _contents(self, subject: Subject, question: Question) -> Contents:
        """Return what was read of a function's package, which is downloaded once for all questions about it."""
        function = question.arguments["FunctionName"]
        deployed = subject.code.get(function)
        if deployed is None or not (deployed.image or deployed.location):
            raise AwsCallError("NoPackage", "GetFunction returned no URL of the package")
        if function not in subject.opened:

            def fetch() -> Contents:
                if not deployed.image:
                    self._api.count(READ_PACKAGE)
                return open_package(self._http, deployed)

            subject.opened[function] = self._api.send(subject.connection.place, READ_PACKAGE, fetch)
        return subject.opened[function]

    def _account_of(self, connection: AccountSession, operation: Operation | None) -> AccountFacts:
        """Return the facts that an operation's answer is kept in; without an operation, those of IAM."""
        everywhere = operation is None or operation.everywhere
        return self._facts.of(connection.account_id, EVERYWHERE if everywhere else connection.region)


def plain(value: Json) -> Json:
    """Return an answer as JSON that can be stored: dates as text.

    Raises:
        AwsCallError: it holds a number that JSON has not (``NaN``).
    """
    try:
        return json.loads(json.dumps(value, default=str, allow_nan=False))
    except ValueError:
        raise AwsCallError("UnreadableAnswer", "the answer holds a number that is not finite") from None


def _naming_permission(action: str, refusal: AwsCallError) -> str:
    """Return the message of an error. If IAM denied access, add the missing permission unless it is named already."""
    takes = IAM_ACTIONS.get(action, ())
    if refusal.code not in DENIED or action in takes or any(permission in refusal.message for permission in takes):
        return refusal.message
    return f"{refusal.message} (it takes {' and '.join(takes)})"


def _closed(refusal: AwsCallError, action: str, student: Student) -> AwsCallError:
    """Return the answer to every question about a student if the account cannot be opened."""
    of = f" of {student.role_arn}" if student.role_arn else ""
    return refusal.saying(f"{action}{of}: {refusal.message}")
