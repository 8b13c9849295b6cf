"""The address of the API and the token: as people paste them, and never where they do not belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.api_client import Api
from cli.errors import TargetError, UsageError
from cli.main import main
from tests.cli.self_checks import TOKEN, Capture, check, report, self_check
from tests.cli.stub_api import Reply, StubApi, problem, started, state

pytestmark = pytest.mark.usefixtures("student_environment")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://x.example/api", "https://x.example/api"),
        (" https://x.example/api/ ", "https://x.example/api"),
        ("https://x.example/api/v1", "https://x.example/api"),
        ("https://x.example/api/v1/", "https://x.example/api"),
        ("https://x.example:8443", "https://x.example:8443"),
        ("http://localhost:4566/_aws/execute-api/a1/api", "http://localhost:4566/_aws/execute-api/a1/api"),
        ("http://[::1]:4566/x", "http://[::1]:4566/x"),
    ],
)
def test_an_address_as_people_paste_it(url: str, address: str) -> None:
    assert Api(url, TOKEN).url == address


@pytest.mark.parametrize(
    "url",
    ["x", "ftp://x.example", "https://", "https://user:pass@x.example", "https://x.example?a=1", "https://x.example#a",
     "https://x.example:99999", "https://[x", "file:///etc/passwd"],
)  # fmt: skip
def test_an_address_that_is_none(url: str, capsys: Capture) -> None:
    assert main(["self-check", "--lab", "x", "--url", url]) == 2
    assert "is not the address of an API" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["http://x.example/api", "http://127.0.0.1.x.example", "http://localhost.example"])
def test_a_token_never_travels_unencrypted(url: str, capsys: Capture) -> None:
    assert main(["self-check", "--lab", "x", "--url", url]) == 2
    assert capsys.readouterr().err == (
        "error: the address begins with http://, which sends your token unencrypted; use https://\n"
    )


def test_a_token_follows_no_redirect(capsys: Capture) -> None:
    with StubApi(started()) as elsewhere, StubApi(Reply(307, b"", {"Location": elsewhere.url})) as stub:
        assert self_check(stub) == 3
        assert elsewhere.requests == []


def test_a_netrc_does_not_take_the_tokens_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with StubApi(started()) as stub:
        Api(stub.url, TOKEN).start_self_check("x")
        assert stub.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("typed", ["Bearer aaaa.bbbb.cccc", " aaaa.bbbb.cccc\n", "bearer  aaaa.bbbb.cccc"])
def test_a_token_as_people_paste_it(typed: str) -> None:
    with StubApi(started()) as stub:
        Api(stub.url, typed).start_self_check("x")
        assert stub.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("typed", ["secret", "se.cr", "se.cr.et\r\nX-Evil: 1", "se cr et", "sé.cr.et"])
def test_a_token_that_is_none_is_not_repeated(typed: str) -> None:
    with pytest.raises(UsageError) as caught:
        Api("https://x.example", typed)
    assert str(caught.value) == (
        "the token is incomplete: a token has three parts with dots between them; copy all of it"
    )


def test_the_token_is_never_shown(capsys: Capture) -> None:
    for reply in (problem(401, "no"), problem(403, "no"), Reply(hangs_up=True), Reply(200, b"x")):
        with StubApi(reply) as stub, pytest.raises(TargetError) as caught:
            Api(stub.url, TOKEN, lambda _: None).start_self_check("x")
        assert "bbbb" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert main(["self-check", "--help"]) == 0
    assert "bbbb" not in "".join(capsys.readouterr())


def test_without_a_token_or_an_address(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    assert main(["self-check", "--lab", "x"]) == 2
    assert capsys.readouterr().err == (
        "error: the address of the API is missing: set LABGRADER_API_URL to the one from your instructor\n"
    )
    monkeypatch.delenv("LABGRADER_TOKEN")
    assert main(["self-check", "--lab", "x", "--url", "https://x.example"]) == 2
    assert capsys.readouterr().err == (
        "error: a token is missing: set LABGRADER_TOKEN to the token that your instructor gave you\n"
    )


def test_the_variables_say_the_same_as_the_options(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    with StubApi(started(), state("complete", report=report(check("passed", "One")))) as stub:
        monkeypatch.setenv("LABGRADER_API_URL", stub.url)
        assert main(["self-check", "--lab", "x", "--token", "1.2.3"]) == 0
        assert stub.requests[0].headers["Authorization"] == "Bearer 1.2.3"
