"""The records of issued and revoked tokens. The tokens themselves are never stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.aws import from_dynamodb
from labgrader.store.items import Items

TOKENS = "TOKENS"
"""The partition of the tokens. The role of Authorize may read no other (``infra/template.yaml``)."""


class Tokens(Items):
    """The tokens of one stack."""

    def record_token(self, token: Mapping[str, Any]) -> bool:
        """Record a token that was issued. It is valid from now on. Return False if another token has this id.

        Args:
            token: ``jti``, ``subject``, ``role``, ``issued_at``, ``expires_at``, and ``key``, the id of the signing
                key. Tokens of earlier versions have no ``key``.
        """
        item = {"pk": TOKENS, "sk": token["jti"], **token}
        free = "attribute_not_exists(pk) OR (issued_at = :issued_at AND attribute_not_exists(revoked_at))"
        return self._put_item_if(item, free, {":issued_at": token["issued_at"]})

    def token(self, jti: str) -> dict[str, Any] | None:
        """Return the record of a token, or ``None``. A revoked token has ``revoked_at``."""
        return self._get_item(TOKENS, jti)

    def tokens(self, subject: str = "") -> list[dict[str, Any]]:
        """Return the records of all tokens, or of one subject's tokens, newest first."""
        records = [from_dynamodb(item) for item in self._query(TOKENS)]
        wanted = [token for token in records if subject in ("", token["subject"])]
        return sorted(wanted, key=lambda token: (token["issued_at"], token["jti"]), reverse=True)

    def revoke_token(self, jti: str, revoked_at: str) -> dict[str, Any] | None:
        """Revoke a token from the next request on. A second revocation keeps the first ``revoked_at``.

        Returns:
            The record of the token; ``None`` if no token with this id was issued.
        """
        token = self.token(jti)
        if token is None:
            return None
        item = {"pk": TOKENS, "sk": jti, **token, "revoked_at": revoked_at}
        self._put_item_if(item, "sk = :jti AND attribute_not_exists(revoked_at)", {":jti": jti})
        return self.token(jti)
