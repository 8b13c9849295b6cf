"""The target of a command: never AWS by accident, and a clear error if AWS refuses a request."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from cli.embedded_aws.server import Embedded
from cli.errors import TargetError
from cli.target import Target, choose, embedded_target, explained, real_target, running_target, stack_outputs

RUNNING = Embedded(1, "1", 4567, False, "")


class Aws(http.server.BaseHTTPRequestHandler):
    """Responds to every request as the test says."""

    status = 200
    body = ""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Type", "text/xml")
        self.end_headers()
        self.wfile.write(self.body.encode())

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[Aws]]:
    answers = type("Answers", (Aws,), {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), answers)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    yield answers
    server.shutdown()
    server.server_close()


def refusal(code: str, message: str) -> str:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return f"<ErrorResponse>{error}</ErrorResponse>"


def test_the_embedded_target_ignores_profiles_files_and_proxies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    credentials = tmp_path / "credentials"
    credentials.write_text("[default]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://elsewhere.example")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    target = embedded_target(RUNNING)
    client = target.client("s3")
    assert client.meta.endpoint_url == "http://127.0.0.1:4567"
    assert client.meta.region_name == "us-east-1"
    assert client._request_signer._credentials.access_key == "test"
    assert client._endpoint.http_session._proxy_config._proxies == {}
    assert target.runs_here
    assert str(target) == "embedded AWS at http://127.0.0.1:4567 (account 000000000000, us-east-1)"


def test_the_target_names_account_region_and_profile() -> None:
    session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-west-1")
    assert str(Target(session, "123456789012", "eu-west-1", profile="teaching")) == (
        "AWS account 123456789012 in eu-west-1 (profile teaching)"
    )
    assert not Target(session, "123456789012", "eu-west-1").runs_here


def test_the_target_names_the_address_that_boto3_is_set_to_use(aws: type[Aws]) -> None:
    aws.body = (
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
    target = real_target()
    assert str(target).startswith("AWS account 123456789012 in eu-west-1 at http://127.0.0.1:")
    assert target.runs_here


IDENTITY = "arn:aws:sts::123456789012:assumed-role/teacher/ada"

CALLER = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>"
    f"<Arn>{IDENTITY}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@pytest.mark.parametrize(
    ("region", "default_region", "expected"),
    [
        ("eu-west-1", "us-west-2", "eu-west-1"),
        ("eu-west-1", None, "eu-west-1"),
        ("", "us-west-2", "us-west-2"),
        (None, "us-west-2", "us-west-2"),
        (None, None, "ap-southeast-2"),
    ],
)
def test_aws_region_wins_over_aws_default_region_over_the_profile(
    region: str | None,
    default_region: str | None,
    expected: str,
    aws: type[Aws],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    aws.body = CALLER
    (tmp_path / "config").write_text("[profile teaching]\nregion = ap-southeast-2\n")
    monkeypatch.setenv("AWS_PROFILE", "teaching")
    for name, value in (("AWS_REGION", region), ("AWS_DEFAULT_REGION", default_region)):
        monkeypatch.delenv(name)
        if value is not None:
            monkeypatch.setenv(name, value)
    target = real_target()
    assert target.region == expected
    assert target.client("cloudformation").meta.region_name == expected


def test_the_first_line_names_account_region_partition_and_identity(
    aws: type[Aws], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.body = CALLER
    (tmp_path / "config").write_text("[profile teaching]\n")
    monkeypatch.setenv("AWS_PROFILE", "teaching")
    choose(aws=True)
    line = capsys.readouterr().err
    assert line.startswith(
        f"AWS account 123456789012, Region eu-west-1, partition aws, identity {IDENTITY}, profile teaching at "
        "http://127.0.0.1:"
    )
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    ("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eu-west-1", "aws")]
)
def test_the_first_line_names_the_partition_of_the_region(region: str, partition: str) -> None:
    session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name=region)
    identity = f"arn:{partition}:iam::123456789012:user/ada"
    assert Target(session, "123456789012", region, identity=identity).description == (
        f"AWS account 123456789012, Region {region}, partition {partition}, identity {identity}"
    )


def test_the_error_without_an_embedded_aws_has_the_command_that_starts_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LABGRADER_STATE", str(tmp_path))
    with pytest.raises(TargetError) as refused:
        running_target()
    assert str(refused.value) == (
        "no embedded AWS is running; start it with `labgrader up`, or use your AWS account with --aws"
    )


def test_the_error_without_credentials_says_how_to_sign_in(aws: type[Aws], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(TargetError) as refused:
        real_target()
    assert str(refused.value) == (
        "no AWS credentials were found; sign in with `aws configure` or `aws sso login`, or set AWS_PROFILE"
    )


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("ExpiredToken", "your AWS credentials have expired; sign in again with `aws sso login`, or get new keys"),
        (
            "InvalidClientTokenId",
            "AWS rejected your credentials (InvalidClientTokenId); check AWS_PROFILE or your keys",
        ),
        (
            "AccessDenied",
            "An error occurred (AccessDenied) when calling the GetCallerIdentity operation: no",
        ),
    ],
)
def test_rejected_credentials_are_explained(aws: type[Aws], code: str, sentence: str) -> None:
    aws.status, aws.body = 403, refusal(code, "no")
    with pytest.raises(TargetError) as refused:
        real_target()
    assert str(refused.value) == sentence


def test_the_error_without_a_region_says_how_to_set_it(aws: type[Aws], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(TargetError, match="no AWS Region is set; set AWS_REGION, or a region in your AWS profile"):
        real_target()


def test_an_unknown_profile_is_named(aws: type[Aws], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "unknown")
    with pytest.raises(
        TargetError, match=r"AWS could not be reached: The config profile \(unknown\) could not be found"
    ):
        real_target()


def test_the_error_of_a_missing_stack_has_the_command_that_deploys_it(aws: type[Aws]) -> None:
    aws.status, aws.body = 400, refusal("ValidationError", "Stack with id labgrader does not exist")
    session = boto3.Session()
    with pytest.raises(TargetError) as refused:
        stack_outputs(Target(session, "123456789012", "eu-west-1"), "labgrader")
    assert str(refused.value).endswith("; deploy it with `labgrader deploy --aws`")
    with pytest.raises(TargetError, match="deploy it with `labgrader deploy --aws --stack other`"):
        stack_outputs(Target(session, "123456789012", "eu-west-1"), "other")


def test_a_stack_without_outputs_is_named_with_its_status(aws: type[Aws]) -> None:
    aws.body = (
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>x</StackName>"
        "<StackStatus>CREATE_FAILED</StackStatus></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )
    with pytest.raises(
        TargetError,
        match=r"the stack x \(CREATE_FAILED\) has no output Bucket, GradeClassArn, Table; deploy it again with "
        "`labgrader deploy --aws --stack x`",
    ):
        stack_outputs(Target(boto3.Session(), "123456789012", "eu-west-1"), "x")


def test_an_address_without_a_server_is_named() -> None:
    from botocore.exceptions import EndpointConnectionError

    error = EndpointConnectionError(endpoint_url="http://127.0.0.1:1/")
    assert explained(error) == 'AWS could not be reached: Could not connect to the endpoint URL: "http://127.0.0.1:1/"'
