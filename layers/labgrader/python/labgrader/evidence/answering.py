"""From a question to AWS's answer: which request each question is, and what of the response is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from labgrader.errors import BadInputError
from labgrader.evidence.accounts import Accounts, Connection
from labgrader.evidence.calls import (
    FORGET_THROTTLE_S,
    THROTTLES,
    Calls,
    MissingResourceError,
    NotAnsweredError,
    client_of,
    understood,
)
from labgrader.evidence.facts import LISTS, AccountFacts, ClassFacts
from labgrader.evidence.package import read_package
from labgrader.evidence.question import Answer, Json, Question
from labgrader.evidence.redaction import without_secrets
from labgrader.roster import Student

MAX_CLASS_PAGES = 10_000
"""Pages of a list that a whole account shares: 500,000 functions."""

MAX_PAGES = 100
"""Pages of a list about one student: 5,000 versions. More is a mistake of somebody's script, not a lab."""

_PAGE = {"token_in": "Marker", "token_out": "NextMarker"}
_DASHBOARD_PAGE = {"token_in": "NextToken", "token_out": "NextToken"}

_LISTED = {
    "lambda:ListVersionsByFunction": ("list_versions_by_function", "Versions"),
    "lambda:ListAliases": ("list_aliases", "Aliases"),
    "lambda:ListLayerVersions": ("list_layer_versions", "LayerVersions"),
}

_NO_SUCH_LIST = "ProvisionedConcurrencyConfigNotFoundException"


@dataclass
class Subject:
    """A student while being recorded: the way into the account, and what is never stored.

    Args:
        account_id, region: where the resources are.
        way: the way in, or why there is none.
        code: by function: the presigned URL of its package, its size in bytes, and whether it is an image.
    """

    student: Student
    account_id: str
    region: str
    way: Connection | NotAnsweredError
    code: dict[str, Mapping[str, Json]] = field(default_factory=dict)

    @property
    def connection(self) -> Connection:
        """The way into the account.

        Raises:
            NotAnsweredError: there is none.
        """
        if isinstance(self.way, NotAnsweredError):
            raise NotAnsweredError(self.way.code, self.way.message)
        return self.way


class Answering:
    """Answers questions about students. Safe to use from many threads, one student in one thread at a time.

    Args:
        accounts: opens the students' accounts.
        calls: sends the requests.
        facts: what is common to a class; filled as it is asked.
    """

    def __init__(self, accounts: Accounts, calls: Calls, facts: ClassFacts) -> None:
        self._accounts = accounts
        self._calls = calls
        self._facts = facts
        self._http = urllib3.PoolManager(num_pools=4, maxsize=16)
        self._refused_lists: dict[tuple[str, str, str], tuple[NotAnsweredError, float]] = {}
        self._answers: Mapping[str, Callable[[Subject, Question], Json]] = {
            **dict.fromkeys(LISTS, self._class_list),
            **dict.fromkeys(_LISTED, self._student_list),
            "lambda:GetFunction": self._function,
            "lambda:ListProvisionedConcurrencyConfigs": self._provisioned_list,
            "lambda:GetProvisionedConcurrencyConfig": self._provisioned,
            "labgrader:ReadPackage": self._package,
            "cloudwatch:GetDashboard": self._dashboard,
        }

    def open(self, student: Student) -> Subject:
        """Open a student's account. Where that is refused, the refusal answers every question about the student."""
        action, region = self._accounts.opens_with(student), student.region
        try:
            region = self._accounts.region(student)
            if self._accounts.is_open(student):
                connection = self._accounts.open(student)
            else:
                connection = self._calls.send(region, action, lambda: self._accounts.open(student))
        except (
            NotAnsweredError,
            ClientError,
            BotoCoreError,
            BadInputError,
        ) as error:  # those of botocore: not sent here
            refusal = error if isinstance(error, NotAnsweredError) else understood(error)
            return Subject(student, student.account_id, region, _closed(refusal, action, student))
        return Subject(student, connection.account_id, region, connection)

    def answer(self, subject: Subject, question: Question) -> Answer:
        """Answer one question: a value, ``None`` for what does not exist, or why AWS would not say."""
        ask = self._answers.get(question.action)
        if ask is None:
            return Answer(error_code="UnknownQuestion", error_message="labgrader cannot ask this of AWS")
        try:
            return Answer(plain(ask(subject, question)))
        except MissingResourceError:
            return Answer(None)
        except NotAnsweredError as error:
            return Answer(error_code=error.code, error_message=error.message)

    # --- what is common to a class ----------------------------------------------------------------------------------

    def _class_list(self, subject: Subject, question: Question) -> Json:
        connection = subject.connection
        facts = self._facts.of(connection.account_id, connection.region)
        action = question.action
        if action not in facts.lists:
            with facts.turn(action):
                if action not in facts.lists:
                    self._ask_class_list(facts, subject, action)
        return facts.owned(action, subject.student.username)

    def _ask_class_list(self, facts: AccountFacts, subject: Subject, action: str) -> None:
        """Ask a list for the whole class. A refusal is remembered for the role that met it, a fault for a while."""
        connection = subject.connection
        key = (connection.place, action, subject.student.role_arn)
        refusal, asked_at = self._refused_lists.get(key, (None, 0.0))
        if refusal and not (refusal.passing and self._calls.pacer.clock() - asked_at >= FORGET_THROTTLE_S):
            raise NotAnsweredError(refusal.code, refusal.message, passing=refusal.passing)
        try:
            if action == "lambda:ListFunctions":
                request = client_of(connection, "lambda").list_functions
                listed = self._all(connection, action, request, "Functions", MAX_CLASS_PAGES)
                facts.lists[action] = [one["FunctionName"] for one in listed]
            elif action == "lambda:ListLayers":
                request = client_of(connection, "lambda").list_layers
                listed = self._all(connection, action, request, "Layers", MAX_CLASS_PAGES)
                facts.lists[action] = {one["LayerName"]: plain(one.get("LatestMatchingVersion")) for one in listed}
            else:
                request = client_of(connection, "cloudwatch").list_dashboards
                listed = self._all(connection, action, request, "DashboardEntries", MAX_CLASS_PAGES, _DASHBOARD_PAGE)
                facts.lists[action] = [one["DashboardName"] for one in listed]
        except MissingResourceError as error:  # a list is never missing: nobody loses points for it
            raise NotAnsweredError(error.code, "AWS says that there is no such list") from None
        except NotAnsweredError as error:
            if error.code not in THROTTLES:  # those are remembered with their quota
                self._refused_lists[key] = (error, self._calls.pacer.clock())
            raise

    # --- what is a student's own ------------------------------------------------------------------------------------

    def _function(self, subject: Subject, question: Question) -> Json:
        answer = self._one(subject.connection, question, client_of(subject.connection, "lambda").get_function)
        configuration = without_secrets(answer.get("Configuration") or {})
        if "Qualifier" not in question.arguments:
            size = configuration.get("CodeSize") or 0
            image = configuration.get("PackageType") == "Image"
            location = "" if image else (answer.get("Code") or {}).get("Location") or ""
            subject.code[question.arguments["FunctionName"]] = {"Location": location, "Size": size, "Image": image}
        kept = {name: answer[name] for name in ("Concurrency", "Tags", "TagsError") if answer.get(name)}
        return {"Configuration": configuration, **kept}

    def _student_list(self, subject: Subject, question: Question) -> Json:
        method, field_name = _LISTED[question.action]
        request = _bound(getattr(client_of(subject.connection, "lambda"), method), question)
        entries = self._all(subject.connection, question.action, request, field_name, MAX_PAGES)
        if question.action == "lambda:ListVersionsByFunction":
            return [without_secrets(one) for one in entries]
        return entries

    def _provisioned_list(self, subject: Subject, question: Question) -> Json:
        """List provisioned concurrency, where the endpoint can; ``None`` where it cannot, found out once an account.

        An endpoint without this list takes the request for GetProvisionedConcurrencyConfig of ``$LATEST``: it misses
        that one's configuration, or answers with it. Only what has the shape of the list is one.
        """
        connection = subject.connection
        facts = self._facts.of(connection.account_id, connection.region)
        if facts.lists_provisioned_concurrency is None:
            with facts.turn(question.action):  # the first one finds out, the others wait for what it finds
                return self._try_provisioned_list(facts, connection, question)
        return self._try_provisioned_list(facts, connection, question)

    def _try_provisioned_list(self, facts: AccountFacts, connection: Connection, question: Question) -> Json:
        if facts.lists_provisioned_concurrency is False:
            return None
        request = _bound(client_of(connection, "lambda").list_provisioned_concurrency_configs, question)
        try:
            pages = list(self._calls.pages(connection.place, question.action, request, **_PAGE, most=MAX_PAGES))
            facts.lists_provisioned_concurrency = all("ProvisionedConcurrencyConfigs" in page for page in pages)
        except MissingResourceError as missing:
            if missing.code != _NO_SUCH_LIST and not self._exists(connection, question):
                raise  # the function was deleted while we looked: that says nothing about the endpoint
            facts.lists_provisioned_concurrency = False
        if not facts.lists_provisioned_concurrency:
            return None
        return [one for page in pages for one in page["ProvisionedConcurrencyConfigs"]]

    def _exists(self, connection: Connection, question: Question) -> bool:
        """Say whether the function of a question is there now."""
        about = Question("lambda:GetFunction", {"FunctionName": question.arguments["FunctionName"]})
        try:
            self._one(connection, about, client_of(connection, "lambda").get_function)
        except MissingResourceError:
            return False
        return True

    def _provisioned(self, subject: Subject, question: Question) -> Json:
        request = client_of(subject.connection, "lambda").get_provisioned_concurrency_config
        return self._one(subject.connection, question, request)

    def _package(self, subject: Subject, question: Question) -> Json:
        code = subject.code.get(question.arguments["FunctionName"])
        if code is None:
            raise NotAnsweredError("NoPackage", "GetFunction gave no address of the package")
        if code["Image"]:
            return {"Size": code["Size"], "Paths": None}
        if not code["Location"]:
            raise NotAnsweredError("NoPackage", "GetFunction gave no address of the package")

        def fetch() -> dict[str, Json]:
            self._calls.count(question.action)
            return read_package(self._http, code["Location"], code["Size"])

        return self._calls.send(subject.connection.place, question.action, fetch)

    def _dashboard(self, subject: Subject, question: Question) -> Json:
        answer = self._one(subject.connection, question, client_of(subject.connection, "cloudwatch").get_dashboard)
        return {"DashboardBody": answer.get("DashboardBody") or ""}

    # --- requests ---------------------------------------------------------------------------------------------------

    def _one(self, connection: Connection, question: Question, request: Callable[..., dict[str, Any]]) -> Json:
        answer = self._calls.send(connection.place, question.action, _bound(request, question))
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def _all(
        self,
        connection: Connection,
        action: str,
        request: Callable[..., Mapping[str, Any]],
        field_name: str,
        most: int,
        page: Mapping[str, str] = _PAGE,
    ) -> list[Any]:
        """Return every entry of a list."""
        pages = self._calls.pages(connection.place, action, request, **page, most=most)
        return [entry for answer in pages for entry in answer.get(field_name) or ()]


def plain(value: Json) -> Json:
    """Return an answer as JSON that can be stored: dates as text.

    Raises:
        NotAnsweredError: it holds a number that JSON has not (``NaN``).
    """
    try:
        return json.loads(json.dumps(value, default=str, allow_nan=False))
    except ValueError:
        raise NotAnsweredError("UnreadableAnswer", "the answer holds a number that is not finite") from None


def _bound(request: Callable[..., dict[str, Any]], question: Question) -> Callable[..., dict[str, Any]]:
    """A request with the question's arguments; more (a marker) can be given when it is sent."""

    def send(**more: Any) -> dict[str, Any]:
        return request(**question.arguments, **more)

    return send


def _closed(refusal: NotAnsweredError, action: str, student: Student) -> NotAnsweredError:
    """What answers every question about a student whose account stays closed."""
    of = f" of {student.role_arn}" if student.role_arn else ""
    return NotAnsweredError(refusal.code, f"{action}{of}: {refusal.message}")
