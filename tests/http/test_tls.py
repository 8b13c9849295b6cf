"""HTTPS over real sockets: whom we trust, and what never shakes hands or never answers."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from labgrader.evidence.load.plan import FunctionTarget, LoadPlan
from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Question
from labgrader.http.connection import HttpConnection, SyncConnection
from labgrader.http.dns_cache import DnsCache
from labgrader.http.endpoint import Host
from labgrader.http.reply import Reply
from labgrader.load_testing.engine import run_load
from labgrader.load_testing.targets import FunctionLoadTarget
from labgrader.probing.function_invoker import Invoker
from labgrader.probing.retry_policy import RetryPolicy
from tests.load_testing.stub_lambda import Response, StubLambda

BRISK = RetryPolicy(attempts=3, base_delay_s=0.001)
INVOKE = Question(
    "lambda:InvokeFunction",
    {"FunctionName": "user1-f", "Qualifier": "", "Payload": None, "TimeoutSeconds": 300},
)


def _certificate(folder: Path) -> Path:
    """Write a self-signed certificate for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stub")])
    now = datetime.now(tz=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    path = folder / "stub.pem"
    path.write_bytes(
        certificate.public_bytes(encoding)
        + key.private_bytes(encoding, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    )
    return path


def test_https_verifies_the_server(tmp_path: Path) -> None:
    pem = _certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    with StubLambda(lambda request: Response(b"a" * 200_000), tls=tls) as stub:
        endpoint = stub.endpoint
        invoker = Invoker(endpoint, username="user1", forbidden="", retry_policy=BRISK)
        refused = invoker.answer(INVOKE)
        assert refused.error_code == "ConnectionError"
        assert "CERTIFICATE_VERIFY_FAILED" in refused.error_message
        assert stub.requests == []

        assert endpoint.tls is not None
        endpoint.tls.load_verify_locations(pem)
        assert Invocation.from_dict(invoker.answer(INVOKE).value).payload_size == 200_000
        connections = stub.connections
        load = run_load(
            FunctionLoadTarget(endpoint, FunctionTarget("user1-f"), b"{}"), LoadPlan("closed", 2, requests=20)
        ).value
        assert (load["succeeded"], load["connections"]) == (20, 2)
        assert stub.connections == connections + 2  # kept open, tickets of TLS 1.3 notwithstanding


def test_https_keeps_the_timeout_of_a_hanging_function(tmp_path: Path) -> None:
    """The timeout counts on a connection that is open: a handshake takes as long as the machine is busy."""
    pem = _certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    with StubLambda(lambda request: Response(hangs=request.number == 2), tls=tls) as stub:
        endpoint = stub.endpoint
        assert endpoint.tls is not None
        endpoint.tls.load_verify_locations(pem)
        connection = SyncConnection(endpoint)
        request = endpoint.request("user1-f", "", b"{}")
        assert connection.exchange(request, timeout_s=300).trouble == ""
        reply = connection.exchange(request, timeout_s=0.2)
        connection.close()
        assert stub.connections == 1
    assert (reply.trouble, reply.detail) == ("timeout", "no answer within 0.2 s")


@pytest.fixture
def silent() -> Iterator[Host]:
    """A server that accepts connections and never shakes hands."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield Host(f"https://127.0.0.1:{listening.getsockname()[1]}")


def test_a_server_without_a_tls_handshake_is_unreachable(silent: Host) -> None:
    connection = SyncConnection(silent)
    began = time.monotonic()
    reply = connection.exchange(b"GET / HTTP/1.1\r\n\r\n", 0.1)
    assert time.monotonic() - began >= 0.1
    connection.close()
    assert (reply.trouble, reply.detail) == ("unreachable", "timed out")


def test_a_canceled_handshake_ends(silent: Host) -> None:
    async def work() -> Reply:
        connection = HttpConnection(silent, DnsCache())
        asyncio.get_running_loop().call_later(0.05, connection.abandon)
        reply = await connection.exchange(b"GET / HTTP/1.1\r\n\r\n", 300)
        connection.close()
        return reply

    reply = asyncio.run(work())
    assert (reply.trouble, reply.timed_out, reply.resent) == ("abandoned", True, False)
