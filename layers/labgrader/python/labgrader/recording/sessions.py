"""Clients for the account a student's resources lie in: the grader's own, or one that a role lets us read."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import botocore.credentials
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from labgrader.errors import BadInputError
from labgrader.rosters import Student

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 20
"""Seconds for one control-plane request; AWS answers in 50 ms."""

MAX_ACCOUNTS_OPEN = 64
"""Connections kept at once: a class with an account for each student would hold thousands of clients."""

Client = Any
"""A boto3 client. Its methods are chosen by the question that is asked, so their types say nothing here."""


@dataclass
class AccountSession:
    """A session in one account and Region. Its clients are made when first used."""

    account_id: str
    region: str
    _session: botocore.session.Session
    _config: Config
    _on_call: Callable[[str], None]
    _clients: dict[str, Client] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def place(self) -> str:
        """The scope of its quotas: ``ACCOUNT REGION``."""
        return f"{self.account_id} {self.region}"

    def client(self, service: str) -> Client:
        """Return the client of a service (``lambda``, ``cloudwatch``)."""
        with self._lock:  # making clients is not safe from several threads, using them is
            if service not in self._clients:
                self._clients[service] = make_client(self._session, service, self.region, self._config, self._on_call)
            return self._clients[service]


class Accounts:
    """Opens the accounts of a class.

    Retries of botocore are off: pacing must see every throttle, and every request is counted.

    Args:
        run_id: names our sessions in the students' audit trails.
        region: where a student without a Region is looked for; empty for that of the environment.
        new_session: makes botocore sessions; they read the ordinary AWS environment.
        on_call: receives ``service:Operation`` before every request, also for refreshed credentials.
        connections: HTTP connections kept for each client: as many as there are threads.
    """

    def __init__(
        self,
        run_id: str,
        *,
        region: str = "",
        new_session: Callable[[], botocore.session.Session] = botocore.session.get_session,
        on_call: Callable[[str], None] = lambda _: None,
        connections: int = 16,
    ) -> None:
        self.on_call = on_call
        self._session_name = re.sub(r"[^\w+=,.@-]", "-", f"labgrader-{run_id}", flags=re.ASCII)[:64]
        self._new_session = new_session
        self._own = new_session()
        self._region = region or self._own.get_config_variable("region") or ""
        self._config = Config(
            retries={"mode": "standard", "total_max_attempts": 1},
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            max_pool_connections=connections,
        )
        self._sts: Client = None
        self._own_account_id = ""
        self._refusals: dict[tuple[str, str], ClientError] = {}
        self._open: OrderedDict[tuple[str, str, str], AccountSession] = OrderedDict()
        self._opening: dict[tuple[str, str, str], threading.Lock] = {}
        self._lock = threading.RLock()

    def region(self, student: Student) -> str:
        """Return the Region of a student's resources.

        Raises:
            BadInputError: neither the roster nor the environment names one.
        """
        region = student.region or self._region
        if not region:
            raise BadInputError([f"no Region is given for {student.username}, and the environment names none"])
        return region

    def is_open(self, student: Student) -> bool:
        """Say whether the student's account can be opened without asking AWS."""
        with self._lock:
            if student.role_arn:
                return self._key(student) in self._open or (student.role_arn, student.external_id) in self._refusals
            return bool(self._own_account_id)

    def opens_with(self, student: Student) -> str:
        """Return the action of the request that opens the student's account."""
        return "sts:AssumeRole" if student.role_arn else "sts:GetCallerIdentity"

    def open(self, student: Student) -> AccountSession:
        """Open the account of a student: our own where the roster names no role.

        Raises:
            BadInputError: there is no Region to look in.
            botocore.exceptions.ClientError: the role refused us (remembered), or STS throttled or failed.
            botocore.exceptions.BotoCoreError: STS could not be reached.
        """
        key = self._key(student)
        with self._lock:
            opening = self._opening.setdefault(key, threading.Lock())
        with opening:  # one request for each account, while others open theirs
            found = self._open.get(key) or self._connect(student)
            with self._lock:
                self._open[key] = found
                self._open.move_to_end(key)
                while len(self._open) > MAX_ACCOUNTS_OPEN:
                    self._open.popitem(last=False)
            return found

    def own_account_id(self) -> str:
        """Return the ID of the account that we run in. It is asked once."""
        with self._lock:
            if not self._own_account_id:
                self._own_account_id = str(self._sts_client().get_caller_identity()["Account"])
            return self._own_account_id

    def _key(self, student: Student) -> tuple[str, str, str]:
        return (student.role_arn, student.external_id, self.region(student))

    def _connect(self, student: Student) -> AccountSession:
        region = self.region(student)
        if not student.role_arn:
            return AccountSession(self.own_account_id(), region, self._own, self._config, self.on_call)
        role = (student.role_arn, student.external_id)
        if role in self._refusals:
            raise self._refusals[role]
        try:
            credentials = botocore.credentials.RefreshableCredentials.create_from_metadata(
                metadata=self._assume(student),
                refresh_using=lambda: self._assume(student),
                method="sts-assume-role",
            )
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
            if (
                error.response.get("Error", {}).get("Code") in ("AccessDenied", "AccessDeniedException")
                or status == 403
            ):
                self._refusals[role] = error
            raise
        session = self._new_session()
        # Reading botocore's service models takes most of a client's 20 ms and megabytes: all sessions share one reader.
        session.register_component("data_loader", self._own.get_component("data_loader"))
        # botocore has no public way to give a session credentials that renew themselves and beat the environment's.
        session._credentials = credentials  # type: ignore[attr-defined]
        return AccountSession(student.role_arn.split(":")[4], region, session, self._config, self.on_call)

    def _assume(self, student: Student) -> dict[str, str]:
        """Assume a student's role for an hour, which is the limit of role chaining (IAM)."""
        external = {"ExternalId": student.external_id} if student.external_id else {}
        answer = self._sts_client().assume_role(
            RoleArn=student.role_arn, RoleSessionName=self._session_name, DurationSeconds=3600, **external
        )["Credentials"]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    def _sts_client(self) -> Client:
        with self._lock:
            if self._sts is None:
                # STS is asked in our own Region, so that a student's typo in a Region cannot lead us elsewhere.
                self._sts = make_client(self._own, "sts", self._region or "us-east-1", self._config, self.on_call)
            return self._sts


def make_client(
    session: botocore.session.Session, service: str, region: str, config: Config, on_call: Callable[[str], None]
) -> Client:
    """Make a client that tells ``on_call`` of each request it sends."""
    client = session.create_client(service, region_name=region, config=config)

    def tell(model: Any, **_: Any) -> None:
        on_call(f"{service}:{model.name}")

    client.meta.events.register_first("before-call", tell)
    return client
