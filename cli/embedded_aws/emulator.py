"""MiniStack, the embedded AWS, with four corrections: ``python -m cli.embedded_aws.emulator DESCRIPTOR``.

It serves on a socket that already listens, so no other process can take its port while it starts.

Each correction makes it behave like AWS. The third and the fourth also make it faster. They are for the version that
``pyproject.toml`` pins. ``tests/cli/embedded_aws/test_emulator.py`` fails if another version does not need them or does
not work with them.

- IAM: MiniStack checks ``PutFunctionConcurrency`` for a request that reads the reserved concurrency of a function, and
  ``GetFunction`` for one that reads its provisioned concurrency. The load tester has neither permission, and needs
  neither on AWS (Service Authorization Reference, "Actions, resources, and condition keys for AWS Lambda").
- Sessions: MiniStack searches its sessions for expired ones while other threads add sessions. The search then fails
  with "dictionary changed size during iteration", and the invocation looks like a crash of the function.
- Errors: MiniStack stops an execution environment when the handler raises an exception. Lambda keeps it (Lambda
  Developer Guide, "Understanding the Lambda execution environment lifecycle").
- Cold starts: MiniStack imports botocore into every environment, to limit how deep functions invoke each other. The
  correction delays this until the function itself imports botocore, which most functions of students never do.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import threading
import time
from typing import Any

import hypercorn.asyncio
from hypercorn.config import Config
from ministack import app
from ministack.core import iam_actions, lambda_runtime
from ministack.services import sts

ACTIONS = {
    ("GET", "concurrency"): "GetFunctionConcurrency",
    ("DELETE", "concurrency"): "DeleteFunctionConcurrency",
    ("GET", "provisioned-concurrency"): "GetProvisionedConcurrencyConfig",
}
"""The IAM action by the HTTP method and the last part of ``/functions/NAME/…``."""

INSTALL_NOW = "    _ms_install_invoke_depth()\n    try:\n        mod = importlib.import_module(module_name)"
INSTALL_LATER = INSTALL_NOW.replace("_ms_install_invoke_depth()", "sys.meta_path.insert(0, _AfterBotocore())")

WAITING = '''
class _AfterBotocore:
    """Runs the hook of MiniStack when botocore.session is imported, before a session exists."""

    def find_spec(self, name, path=None, target=None):
        if name != "botocore.session":
            return None
        import importlib.util, sys
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                _ms_install_invoke_depth()

            spec.loader.exec_module = exec_module
        return spec

'''

_ministack_action = iam_actions._lambda_action
_ministack_invoke = lambda_runtime.Worker.invoke
_ministack_signal = lambda_runtime._signal
_ministack_collect = lambda_runtime._collect

_invoking = threading.local()


def lambda_action(method: str, path: str) -> str | None:
    """Return the IAM action of a request to Lambda, without the service prefix: ``GetFunctionConcurrency``."""
    parts = [part for part in path.split("/") if part]
    setting = parts[3] if len(parts) == 4 and parts[1] == "functions" else ""  # DATE/functions/NAME/setting
    return ACTIONS.get((method, setting)) or _ministack_action(method, path)


def evict_expired_sessions() -> None:
    """Delete the expired sessions. Search a copy, because other threads add sessions at the same time."""
    for access_key, session in list(sts._sessions.items()):
        if sts._session_expired(session):
            sts._sessions.pop(access_key, None)


def invoke(worker: Any, *arguments: Any, **options: Any) -> Any:
    """Invoke a function in an environment. Keep the environment if only the handler raised an exception."""
    _invoking.stopped = None
    _invoking.active = True
    try:
        answer = _ministack_invoke(worker, *arguments, **options)
    finally:
        _invoking.active = False
    process = _invoking.stopped
    if process is None:
        return answer
    raised = answer.get("status") == "error" and "trace" in answer  # without a trace, it timed out or ended
    with lambda_runtime._lock:
        pooled = any(worker in workers for workers in lambda_runtime._workers.values())
        if raised and pooled and worker._proc is None and process.poll() is None:
            worker._proc = process
            return answer
    _ministack_signal(process)
    _ministack_collect(process, time.monotonic() + lambda_runtime._REAP_GRACE)
    return answer


def signal(process: Any) -> None:
    """Stop the process of an environment, unless ``invoke`` is running and decides later."""
    if getattr(_invoking, "active", False):
        _invoking.stopped = process
    else:
        _ministack_signal(process)


def collect(process: Any, deadline: float) -> None:
    """Wait for a stopped process, unless ``invoke`` is running and decides later."""
    if not getattr(_invoking, "active", False):
        _ministack_collect(process, deadline)


def worker_script(script: str) -> str:
    """Return MiniStack's script for an environment, changed so that only the function imports botocore.

    Raises:
        ValueError: the script is not the one that this module expects.
    """
    if script.count(INSTALL_NOW) != 1:
        raise ValueError("MiniStack's worker script has changed: see cli/embedded_aws/emulator.py")
    return WAITING + script.replace(INSTALL_NOW, INSTALL_LATER)


def correct() -> None:
    """Apply the corrections to the MiniStack of this process."""
    iam_actions._lambda_action = lambda_action
    sts._evict_expired_sessions = evict_expired_sessions
    lambda_runtime.Worker.invoke = invoke
    lambda_runtime._signal = signal
    lambda_runtime._collect = collect
    lambda_runtime._PYTHON_WORKER_SCRIPT = worker_script(lambda_runtime._PYTHON_WORKER_SCRIPT)


def serve(listening: int) -> None:
    """Serve MiniStack until the process is stopped, with the settings of MiniStack's ``main``.

    Args:
        listening: the file descriptor of a listening socket.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard and sys.platform == "linux":  # macOS rejects its own hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    config = Config()
    config.bind = [f"fd://{listening}"]
    config.keep_alive_timeout = 75
    config.loglevel = app.LOG_LEVEL.upper()
    asyncio.run(hypercorn.asyncio.serve(app.app, config))


if __name__ == "__main__":
    correct()
    serve(int(sys.argv[1]))
