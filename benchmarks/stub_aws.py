"""A stub AWS in memory, to count requests and to simulate faults that no simulator offers.

It uses botocore's event hooks. Clients, parameters, errors and paging are real, and no socket is opened. The tests of
the recorder use it too.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import io
import json
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError

from labgrader.recording.rate_limiter import quota_of

ACCOUNT = "111122223333"
REGION = "us-east-1"

GITHUB = "https://api.github.com/repos/aws/aws-sdk-python"


class Fault(Exception):  # noqa: N818  AWS calls them faults
    """An error response: its code, its HTTP status and its message."""

    def __init__(self, code: str, status: int = 400, message: str = "") -> None:
        self.code, self.status, self.message = code, status, message or f"{code} for a test"
        super().__init__(code)


UNREACHABLE = EndpointConnectionError(endpoint_url="https://lambda.us-east-1.amazonaws.com/")


class Clock:
    """A simulated clock that only sleeping advances. It is for one thread at a time: sleeps add up."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Advance the time."""
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds


class StubAws:
    """The resources of one account, and its faults.

    Args:
        page_size: entries in a page of a list.
        offers_provisioned_list: whether it supports ListProvisionedConcurrencyConfigs; MiniStack does not.
        quotas: a clock. With it, requests above a quota per second are throttled.
    """

    def __init__(
        self, *, page_size: int = 50, offers_provisioned_list: bool = True, quotas: Clock | None = None
    ) -> None:
        self.functions: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, list[dict[str, Any]]] = {}
        self.aliases: dict[str, list[dict[str, Any]]] = {}
        self.provisioned: dict[str, dict[str, dict[str, Any]]] = {}
        self.layers: dict[str, list[dict[str, Any]]] = {}
        self.dashboards: dict[str, str] = {}
        self.roles: dict[str, str] = {}
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.before: list[Callable[[str, Mapping[str, Any]], Any]] = []
        self.package_url = ""
        self.package_size = 0
        self._page_size = page_size
        self._offers_provisioned_list = offers_provisioned_list
        self._quotas = quotas
        self._in_this_second: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()

    # --- faults -----------------------------------------------------------------------------------------------------

    def fail(
        self,
        operation: str,
        fault: Exception,
        *,
        times: int = 10**9,
        where: Callable[[Mapping[str, Any]], bool] = lambda _: True,
    ) -> None:
        """Let an operation fail for parameters that ``where`` selects, the first ``times`` times."""
        left = [times]

        def check(asked: str, parameters: Mapping[str, Any]) -> None:
            if asked == operation and where(parameters) and left[0] > 0:
                left[0] -= 1
                raise fault

        self.before.append(check)

    def counted(self) -> Counter[str]:
        """Return the number of requests by operation."""
        return Counter(operation for operation, _ in self.requests)

    # --- resources --------------------------------------------------------------------------------------------------

    def add_function(self, name: str, *, reserved: int | None = None, **configuration: Any) -> dict[str, Any]:
        """Create a function; return its configuration, which can be changed."""
        made = {
            "FunctionName": name,
            "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
            "Runtime": "python3.13",
            "Handler": "app.lambda_handler",
            "Role": f"arn:aws:iam::{ACCOUNT}:role/LabRole",
            "CodeSize": self.package_size,
            "CodeSha256": _sha(name),
            "Timeout": 30,
            "MemorySize": 128,
            "Version": "$LATEST",
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
            **configuration,
        }
        concurrency = {} if reserved is None else {"Concurrency": {"ReservedConcurrentExecutions": reserved}}
        self.functions[name] = {"Configuration": made, "Tags": {"owner": name.split("-")[0]}, **concurrency}
        return made

    def add_layer(self, name: str, versions: int = 1) -> str:
        """Publish a layer; return the ARN of its newest version."""
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{name}"
        self.layers[name] = [
            {"LayerVersionArn": f"{arn}:{number}", "Version": number, "CompatibleRuntimes": ["python3.13"]}
            for number in range(versions, 0, -1)
        ]
        return f"{arn}:{versions}"

    def add_perfect_student(self, username: str) -> None:
        """Build a complete solution of lab ``lambda-optimization``."""
        layers = [self.add_layer(f"{username}-{name}") for name in ("shared-dependencies", "lambda-utils")]
        self.add_function(f"{username}-baseline-function", Handler="baseline_function.lambda_handler")
        name = f"{username}-optimized-function"
        self.add_function(
            name,
            reserved=10,
            Handler="optimized_function.lambda_handler",
            MemorySize=512,
            Environment={"Variables": {"GITHUB_API_URL": GITHUB}},
            Layers=[{"Arn": arn} for arn in layers],
        )
        latest = self.functions[name]["Configuration"]
        self.versions[name] = [latest, *({**latest, "Version": v, "CodeSha256": _sha(name + v)} for v in ("1", "2"))]
        self.aliases[name] = [
            {"Name": f"{username}-{stage}", "FunctionVersion": version}
            for stage, version in (("dev", "$LATEST"), ("prod", "1"), ("staging", "2"))
        ]
        self.provisioned[name] = {
            f"{username}-prod": {
                "RequestedProvisionedConcurrentExecutions": 2,
                "AvailableProvisionedConcurrentExecutions": 2,
                "AllocatedProvisionedConcurrentExecutions": 2,
                "Status": "READY",
            }
        }
        self.add_function(
            f"{username}-error-handling-function",
            Handler="error_handling_function.lambda_handler",
            MemorySize=256,
            Layers=[{"Arn": layers[1]}],
        )
        functions = (f"{username}-baseline-function", name)
        metrics = [["AWS/Lambda", m, "FunctionName", f] for f in functions for m in ("Duration", "Invocations")]
        body = {"widgets": [{"type": "metric", "properties": {"metrics": metrics, "region": REGION}}]}
        self.dashboards[f"{username}-lambda-optimization"] = json.dumps(body)

    # --- behind botocore --------------------------------------------------------------------------------------------

    def session(self) -> botocore.session.Session:
        """Return a session with clients for this account."""
        session = botocore.session.Session()
        session.set_credentials("testing", "testing")
        session.set_config_variable("region", REGION)
        # the type stubs require handlers with any keywords and no result; botocore passes these and uses the result
        session.register("before-parameter-build", self._remember)  # type: ignore[arg-type]
        session.register("before-call", self._answer)  # type: ignore[arg-type]
        return session

    def _remember(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["stub_parameters"] = params

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        operation, parameters = model.name, context["stub_parameters"]
        answer: dict[str, Any]
        try:
            with self._lock:
                self.requests.append((operation, dict(parameters)))
                self._hold_to_quota(model.service_model.service_name, operation)
                for check in self.before:
                    check(operation, parameters)
                status, answer = 200, copy.deepcopy(getattr(self, f"_{operation}")(**parameters))
        except Fault as fault:
            status, answer = fault.status, {"Error": {"Code": fault.code, "Message": fault.message}}
        answer["ResponseMetadata"] = {"HTTPStatusCode": status, "RequestId": "stub", "HTTPHeaders": {}}
        return AWSResponse("", status, HTTPHeaders(), None), answer

    def _hold_to_quota(self, service: str, operation: str) -> None:
        if self._quotas is None:
            return
        quota = quota_of(f"{service}:{operation}")
        second = (quota.family, int(self._quotas.now))
        self._in_this_second[second] += 1
        if self._in_this_second[second] > quota.per_s:
            raise Fault("TooManyRequestsException", 429, "Rate exceeded")

    # --- operations, with AWS's names and parameters ----------------------------------------------------------------
    # ruff: noqa: N802, N803

    def _listed(self, field: str, entries: list[Any], marker: str = "") -> dict[str, Any]:
        start = int(marker or 0)
        end = start + self._page_size
        more = {"NextMarker": str(end)} if end < len(entries) else {}
        return {field: entries[start:end], **more}

    def _existing(self, name: str) -> dict[str, Any]:
        if name not in self.functions:
            raise Fault("ResourceNotFoundException", 404, f"Function not found: {name}")
        return self.functions[name]

    def _GetCallerIdentity(self) -> dict[str, Any]:
        return {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:role/grader", "UserId": "stub"}

    def _AssumeRole(self, *, RoleArn: str, ExternalId: str = "", **_: Any) -> dict[str, Any]:
        if self.roles.get(RoleArn) != ExternalId:
            raise Fault("AccessDenied", 403, f"User: grader is not authorized to perform: sts:AssumeRole on {RoleArn}")
        expires = datetime.now(UTC) + timedelta(hours=1)
        key = {"AccessKeyId": "stub", "SecretAccessKey": "stub", "SessionToken": "stub"}
        return {"Credentials": {**key, "Expiration": expires}}

    def _ListFunctions(self, *, Marker: str = "") -> dict[str, Any]:
        return self._listed("Functions", [function["Configuration"] for function in self.functions.values()], Marker)

    def _ListLayers(self, *, Marker: str = "") -> dict[str, Any]:
        layers = [{"LayerName": name, "LatestMatchingVersion": versions[0]} for name, versions in self.layers.items()]
        return self._listed("Layers", layers, Marker)

    def _ListLayerVersions(self, *, LayerName: str, Marker: str = "") -> dict[str, Any]:
        return self._listed("LayerVersions", self.layers.get(LayerName, []), Marker)

    def _ListDashboards(self, *, NextToken: str = "") -> dict[str, Any]:
        page = self._listed("DashboardEntries", [{"DashboardName": name} for name in self.dashboards], NextToken)
        token = page.pop("NextMarker", "")
        return {**page, **({"NextToken": token} if token else {})}

    def _GetDashboard(self, *, DashboardName: str) -> dict[str, Any]:
        if DashboardName not in self.dashboards:
            raise Fault("ResourceNotFound", 404, f"Dashboard {DashboardName} does not exist")
        return {"DashboardName": DashboardName, "DashboardBody": self.dashboards[DashboardName]}

    def _GetFunction(self, *, FunctionName: str, Qualifier: str = "") -> dict[str, Any]:
        found = self._existing(FunctionName)
        alias = next((a for a in self.aliases.get(FunctionName, []) if a["Name"] == Qualifier), None)
        version = alias["FunctionVersion"] if alias else Qualifier or "$LATEST"
        code = {"Location": self.package_url and f"{self.package_url}/{FunctionName}?X-Amz-Signature=0123456789abcdef"}
        if version == "$LATEST":
            return {**found, "Code": code}
        for version_config in self.versions.get(FunctionName, []):
            if version_config["Version"] == version:
                return {**found, "Configuration": version_config, "Code": code}
        raise Fault("ResourceNotFoundException", 404, f"Function not found: {FunctionName}:{Qualifier}")

    def _ListVersionsByFunction(self, *, FunctionName: str, Marker: str = "") -> dict[str, Any]:
        latest = self._existing(FunctionName)["Configuration"]
        return self._listed("Versions", self.versions.get(FunctionName) or [latest], Marker)

    def _ListAliases(self, *, FunctionName: str, Marker: str = "") -> dict[str, Any]:
        self._existing(FunctionName)
        return self._listed("Aliases", self.aliases.get(FunctionName, []), Marker)

    def _ListProvisionedConcurrencyConfigs(self, *, FunctionName: str, Marker: str = "") -> dict[str, Any]:
        if not self._offers_provisioned_list:
            return self._GetProvisionedConcurrencyConfig(FunctionName=FunctionName, Qualifier="$LATEST")
        arn = self._existing(FunctionName)["Configuration"]["FunctionArn"]
        configured = self.provisioned.get(FunctionName, {}).items()
        entries = [{"FunctionArn": f"{arn}:{qualifier}", **config} for qualifier, config in configured]
        return self._listed("ProvisionedConcurrencyConfigs", entries, Marker)

    def _GetProvisionedConcurrencyConfig(self, *, FunctionName: str, Qualifier: str) -> dict[str, Any]:
        self._existing(FunctionName)
        if Qualifier not in self.provisioned.get(FunctionName, {}):
            raise Fault("ProvisionedConcurrencyConfigNotFoundException", 404)
        return self.provisioned[FunctionName][Qualifier]


def zipped(files: Mapping[str, str]) -> bytes:
    """Return a zip file with the given texts by path."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return content.getvalue()


@contextmanager
def served(content: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve the same bytes at every path of a local address; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _sha(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
