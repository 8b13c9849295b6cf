"""The corrections of MiniStack: IAM actions of Lambda, sessions, handlers that raise, and botocore in environments."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from ministack.core import iam_actions
from ministack.services import sts

from cli.embedded_aws.emulator import evict_expired_sessions, lambda_action, worker_script

CODE = """
import os, sys, time

def handler(event, context):
    if event == "raise":
        raise ValueError("no")
    if event == "exit":
        os._exit(1)
    if event == "sleep":
        time.sleep(60)
    if event == "aws":
        import boto3
        from botocore.handlers import BUILTIN_HANDLERS
        return [getattr(one[1], "__name__", "") for one in BUILTIN_HANDLERS].count("_ms_add_invoke_depth")
    return {"pid": os.getpid(), "botocore": "botocore" in sys.modules}
"""

PROGRAM = """
import io, json, sys, zipfile
from ministack.core import lambda_runtime
from cli.embedded_aws.emulator import correct

correct()
package = io.BytesIO()
with zipfile.ZipFile(package, "w") as archive:
    archive.writestr("module.py", sys.argv[1])
config = {"FunctionName": "user1-f", "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:user1-f",
          "Runtime": "python3.13", "Handler": "module.handler"}
worker, _ = lambda_runtime.acquire_worker("user1-f", config, package.getvalue())
answers = []
for event in sys.argv[2:]:
    config["Timeout"] = 1 if event == "sleep" else 30
    answers.append(worker.invoke(event, "request-1"))
lambda_runtime.invalidate_worker("user1-f")
print(json.dumps(answers))
"""


def invoked(*events: str) -> list[dict[str, Any]]:
    """Invoke one execution environment of the corrected MiniStack in a new process. Return its results."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, CODE, *events], capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout.splitlines()[-1]))


def test_an_environment_is_kept_after_its_handler_raised() -> None:
    first, raised, after = invoked("pid", "raise", "pid")
    assert (raised["status"], raised["error"]) == ("error", "no")
    assert (first["cold_start"], after["cold_start"]) == (True, False)
    assert after["result"] == first["result"]


@pytest.mark.parametrize(("event", "error"), [("exit", "Worker process died"), ("sleep", "Task timed out after")])
def test_an_environment_that_ended_or_timed_out_is_replaced(event: str, error: str) -> None:
    first, ended, after = invoked("pid", event, "pid")
    assert ended["error"].startswith(error)
    assert after["cold_start"]
    assert after["result"]["pid"] != first["result"]["pid"]


def test_botocore_is_imported_only_by_the_function() -> None:
    before, imported, after = invoked("pid", "aws", "pid")
    assert before["result"]["botocore"] is False
    assert imported["result"] == 1, "calls of functions by functions are counted"
    assert after["result"]["botocore"] is True


def test_an_unknown_worker_script_is_refused() -> None:
    with pytest.raises(ValueError, match=r"MiniStack's worker script has changed: see cli/embedded_aws/emulator\.py"):
        worker_script("print()")


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/2019-09-30/functions/user1-f/concurrency", "GetFunctionConcurrency"),
        ("PUT", "/2017-10-31/functions/user1-f/concurrency", "PutFunctionConcurrency"),
        ("DELETE", "/2017-10-31/functions/user1-f/concurrency", "DeleteFunctionConcurrency"),
        ("GET", "/2019-09-30/functions/user1-f/provisioned-concurrency", "GetProvisionedConcurrencyConfig"),
        ("GET", "/2015-03-31/functions/user1-f", "GetFunction"),
        ("GET", "/2015-03-31/functions/concurrency", "GetFunction"),
        ("GET", "/2015-03-31/functions", "ListFunctions"),
        ("POST", "/2015-03-31/functions/user1-f/invocations", "InvokeFunction"),
    ],
)
def test_a_request_has_the_iam_action_of_aws(method: str, path: str, action: str) -> None:
    assert lambda_action(method, path) == action


def test_ministack_still_needs_the_correction_of_actions() -> None:
    path = "/2019-09-30/functions/user1-f/concurrency"
    assert iam_actions.extract_iam_action("lambda", "GET", path, {}, b"", {}) == "lambda:PutFunctionConcurrency"


class GrowingSession(dict[str, Any]):
    """A session that adds another session, as a thread does, when it is read."""

    def get(self, name: str, default: Any = None) -> Any:
        sts._sessions[f"ASIA{len(sts._sessions)}"] = {"Arn": "arn:aws:sts::000000000000:assumed-role/other/other"}
        return super().get(name, default)


@pytest.mark.parametrize("evict", [sts._evict_expired_sessions, evict_expired_sessions])
def test_sessions_are_evicted_while_others_are_added(
    evict: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sts, "_sessions", {"ASIAOLD": GrowingSession(Expiration=1.0), "ASIANEW": GrowingSession()})
    if evict is not evict_expired_sessions:  # when MiniStack no longer fails, the correction can be removed
        with pytest.raises(RuntimeError, match="dictionary changed size during iteration"):
            evict()
        return
    evict()
    assert "ASIAOLD" not in sts._sessions
    assert "ASIANEW" in sts._sessions
