"""What an embedded AWS is: its process, its address, and the environment it runs in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from cli.embedded_aws.ports import HOST

ACCOUNT_ID = "000000000000"
REGION = "us-east-1"
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105  (MiniStack's own root key: it opens nothing else)

ACCOUNT_CONCURRENCY = 10_000
"""Concurrent executions of the account: room for a class of the lab that reserves most, 150 for each student."""

_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What the embedded AWS, and with it every student's code, sees of the instructor's environment."""


@dataclass(frozen=True)
class Timeouts:
    """How long to wait before giving up, in seconds. On two idle cores, each wait takes about a second.

    The defaults only guard against waiting forever: a machine that is many times slower stays below them.

    Args:
        start_s: for a start.
        answer_s: for the answer to a health check.
        kill_s: for the last process to end.
        delete_s: for the temporary files to be deleted, once no process is left.
    """

    start_s: float = 300.0
    answer_s: float = 60.0
    kill_s: float = 60.0
    delete_s: float = 60.0


TIMEOUTS = Timeouts()


@dataclass(frozen=True)
class Embedded:
    """A running embedded AWS.

    Args:
        pid: the process that guards it.
        born: when that process started, as the system tells it: a number that was used again is another process.
        port: where it listens, on 127.0.0.1.
        enforce_iam: whether roles and policies are enforced.
        work: its folder for temporary files, gone when it is.
        outputs: what the stack that is deployed there put out.
    """

    pid: int
    born: str
    port: int
    enforce_iam: bool
    work: str
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """The address of every service."""
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point any AWS tool at it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
        }

    def healthy(self, timeout_s: float = TIMEOUTS.answer_s) -> bool:
        """Ask whether it is well; wait at most ``timeout_s`` for the answer."""
        try:
            answer = urllib3.PoolManager(retries=False, timeout=timeout_s).request(
                "GET", f"{self.endpoint}/_ministack/health"
            )
        except (urllib3.exceptions.HTTPError, OSError):
            return False
        return answer.status == 200


def environment(port: int, work: Path, *, enforce_iam: bool = False) -> dict[str, str]:
    """Return the whole environment of an embedded AWS: nothing of the instructor's but the paths that Python needs.

    Args:
        port: where it listens.
        work: its home and its folder for temporary files.
        enforce_iam: whether roles and policies are enforced.
    """
    return {
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        "HOME": str(work),
        "TMPDIR": str(work),
        "S3_DATA_DIR": str(work / "s3"),
        "STATE_DIR": str(work / "state"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",  # it would listen on port 8883 of every interface, whatever BIND_HOST says
        # each call in flight leaves a worker of 45 to 60 MB, for so many seconds
        "LAMBDA_WARM_TTL_SECONDS": "10",
        # an account whose limit was raised for a class; its own would depend on this machine's memory, and it lets
        # students reserve all of it, where AWS keeps 100 back
        "LAMBDA_ACCOUNT_CONCURRENCY": str(ACCOUNT_CONCURRENCY),
        "AUTH": "true" if enforce_iam else "false",
        # it would look for containers of its own to remove; there are none, and the instructor's are not its business
        "DOCKER_HOST": f"unix://{work}/no-docker.sock",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",
        "no_proxy": "*",
    }
