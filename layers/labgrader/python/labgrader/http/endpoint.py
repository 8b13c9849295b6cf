"""The host that requests go to."""

from __future__ import annotations

import ssl
import urllib.parse
from dataclasses import dataclass
from functools import cached_property

from botocore.httpsession import get_cert_path


@dataclass(frozen=True)
class Host:
    """A host that requests go to directly. Proxies of the environment are ignored.

    Args:
        url: ``https://lambda.us-east-1.amazonaws.com``, or the URL of an embedded AWS.
    """

    url: str

    @cached_property
    def parts(self) -> urllib.parse.SplitResult:
        """The parsed URL."""
        return urllib.parse.urlsplit(self.url)

    @cached_property
    def tls(self) -> ssl.SSLContext | None:
        """The TLS settings, with the CA certificates that boto3 trusts. ``None`` for plain HTTP."""
        if self.parts.scheme != "https":
            return None
        return ssl.create_default_context(cafile=get_cert_path(True))

    @property
    def port(self) -> int:
        """The port, or the scheme's default port."""
        return self.parts.port or (443 if self.parts.scheme == "https" else 80)
