"""An account with scripted responses for admission, and a clock that moves only during waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from labgrader.errors import NotGradedError, ThrottledError
from labgrader.evidence.load.plan import FunctionTarget, LoadPlan, Target
from labgrader.load_testing.admission import Admission
from labgrader.probing.retry_policy import RetryPolicy

PLAN = LoadPlan("closed", 20, requests=100)
FUNCTION = FunctionTarget("user1-f")
ALIAS = FunctionTarget("user1-f", "prod")
LATEST = FunctionTarget("user1-f", "$LATEST")
NOW = 1_000_000.0
MINE = {"quota_scope": "111122223333 us-east-1", "student": "user1"}


class Aws:
    """A Lambda client with scripted responses like AWS's, and a clock that moves only during waits."""

    def __init__(self) -> None:
        config = Config(retries={"mode": "standard", "total_max_attempts": 1})
        self.client = boto3.client(
            "lambda", region_name="us-east-1", config=config, aws_access_key_id="x", aws_secret_access_key="x"
        )
        self.stub = Stubber(self.client)
        self.stub.activate()
        self.now = NOW
        self.while_waiting: Callable[[], None] = lambda: None

    def account(self, limit: int = 1_000, unreserved: int = 1_000) -> Aws:
        limits = {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": unreserved}
        self.stub.add_response("get_account_settings", {"AccountLimit": limits}, {})
        return self

    def reserved(self, executions: int | None = None, function: str = "user1-f") -> Aws:
        answer = {} if executions is None else {"ReservedConcurrentExecutions": executions}
        self.stub.add_response("get_function_concurrency", answer, {"FunctionName": function})
        return self

    def provisioned(self, status: str, ready: int = 0, reason: str = "") -> Aws:
        answer = {
            "RequestedProvisionedConcurrentExecutions": 10,
            "AvailableProvisionedConcurrentExecutions": ready,
            "Status": status,
            **({"StatusReason": reason} if reason else {}),
        }
        asked = {"FunctionName": "user1-f", "Qualifier": "prod"}
        self.stub.add_response("get_provisioned_concurrency_config", answer, asked)
        return self

    def refuses(self, operation: str, code: str, message: str = "no", status: int = 400) -> Aws:
        self.stub.add_client_error(operation, code, message, http_status_code=status)
        return self

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.while_waiting()

    def admission(self, **given: Any) -> Admission:
        retry_policy = RetryPolicy(attempts=3, base_delay_s=0.0)
        times: dict[str, Any] = {"clock": lambda: self.now, "sleep": self.sleep}
        return Admission(self.client, **{**MINE, "retry_policy": retry_policy, **times, **given})

    def admitted(self, *targets: Target, plan: LoadPlan = PLAN, **given: Any) -> LoadPlan:
        """Admit a test; every answer of the script must have been asked for."""
        with self.admission(**given).admit(targets or (FUNCTION,), plan) as fitting:
            self.stub.assert_no_pending_responses()
        return fitting

    def refused(self, *targets: Target, plan: LoadPlan = PLAN, **given: Any) -> str:
        with pytest.raises(NotGradedError) as refused:
            self.admitted(*targets, plan=plan, **given)
        self.stub.assert_no_pending_responses()
        assert refused.value.action == ""
        return refused.value.reason

    def kept_waiting(self, *targets: Target, plan: LoadPlan = PLAN, **given: Any) -> str:
        """Wait for other tests until the deadline. Return the student's message if there is no retry."""
        with pytest.raises(ThrottledError) as throttled:
            self.admitted(*targets, plan=plan, **given)
        self.stub.assert_no_pending_responses()
        return str(throttled.value)
