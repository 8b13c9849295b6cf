"""Where requests go."""

from __future__ import annotations

import ssl
import urllib.parse
from dataclasses import dataclass
from functools import cached_property

from botocore.httpsession import get_cert_path


@dataclass(frozen=True)
class Host:
    """Where requests go, whatever proxy the environment names.

    Args:
        url: ``https://lambda.us-east-1.amazonaws.com``, or that of an embedded AWS.
    """

    url: str

    @cached_property
    def parts(self) -> urllib.parse.SplitResult:
        """The URL taken apart."""
        return urllib.parse.urlsplit(self.url)

    @cached_property
    def tls(self) -> ssl.SSLContext | None:
        """How the server proves itself, by the certificates that boto3 trusts; ``None`` for plain HTTP."""
        if self.parts.scheme != "https":
            return None
        return ssl.create_default_context(cafile=get_cert_path(True))

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.parts.port or (443 if self.parts.scheme == "https" else 80)
