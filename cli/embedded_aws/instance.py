"""A running embedded AWS: its process, its address and its environment variables."""

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
SECRET_KEY = "test"  # noqa: S105  (the root key of MiniStack, which is valid nowhere else)

ACCOUNT_CONCURRENCY = 10_000
"""Concurrent executions of the account. It is enough for a class in the lab that reserves most: 150 a student."""

_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""The only variables of the instructor's environment that the embedded AWS and the students' code see."""


@dataclass(frozen=True)
class Timeouts:
    """Maximum seconds to wait. On two idle cores, each wait takes about a second.

    The defaults only prevent endless waits: a machine that is many times slower stays below them.

    Args:
        start_s: until the embedded AWS has started.
        answer_s: until a health check has a response.
        kill_s: until the last process has ended.
        delete_s: after that, until the temporary files are deleted.
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
        pid: the id of its reaper, the process that stops it (``reaper.py``).
        born: the start time of that process from the operating system. It tells apart two processes with one id.
        port: the port on 127.0.0.1.
        enforce_iam: whether roles and policies are enforced.
        work: its folder for temporary files, which is deleted with it.
        outputs: the outputs of the stack that is deployed in it.
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
        """The environment variables with which AWS tools use it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
        }

    def healthy(self, timeout_s: float = TIMEOUTS.answer_s) -> bool:
        """Return whether a health check succeeds within ``timeout_s`` seconds."""
        try:
            response = urllib3.PoolManager(retries=False, timeout=timeout_s).request(
                "GET", f"{self.endpoint}/_ministack/health"
            )
        except (urllib3.exceptions.HTTPError, OSError):
            return False
        return response.status == 200


def environment(port: int, work: Path, *, enforce_iam: bool = False) -> dict[str, str]:
    """Return all environment variables of an embedded AWS. Of the instructor's, it has only those that Python needs.

    Args:
        port: the port on 127.0.0.1.
        work: its home folder, also for temporary files.
        enforce_iam: whether to enforce roles and policies.
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
        "IOT_MTLS_ENABLED": "0",  # it would listen on port 8883 of every interface, also with BIND_HOST
        # each concurrent invocation leaves a worker of 45 to 60 MB for this many seconds
        "LAMBDA_WARM_TTL_SECONDS": "10",
        # a raised limit, as an account for a class has; by default it depends on the memory of this machine. Students
        # can reserve all of it here, but on AWS all except 100
        "LAMBDA_ACCOUNT_CONCURRENCY": str(ACCOUNT_CONCURRENCY),
        "AUTH": "true" if enforce_iam else "false",
        # without this, it would search the instructor's Docker for containers to remove
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
