"""The tokens that were issued, and which of them were revoked. Never a token itself: with these nobody gets in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.aws import from_dynamodb
from labgrader.store.items import Items

Json = Any

TOKENS = "TOKENS"
"""The partition of the tokens: the role of Authorize may read no other (``infra/template.yaml``)."""


class Tokens(Items):
    """The tokens of one stack."""

    def record_token(self, token: Mapping[str, Json]) -> bool:
        """Write down a token that was issued: from now on it opens the door. Say whether its id was free, or its own.

        Args:
            token: ``jti``, ``subject``, ``role``, ``issued_at``, ``expires_at``, and ``key``: by what the key that
                signed it is known; tokens of before it was kept have none.
        """
        item = {"pk": TOKENS, "sk": token["jti"], **token}
        free = "attribute_not_exists(pk) OR (issued_at = :issued_at AND attribute_not_exists(revoked_at))"
        return self._put_item_if(item, free, {":issued_at": token["issued_at"]})

    def token(self, jti: str) -> dict[str, Json] | None:
        """What was recorded of a token, with ``revoked_at`` where it was revoked; ``None`` where nothing was."""
        return self._get_item(TOKENS, jti)

    def tokens(self, subject: str = "") -> list[dict[str, Json]]:
        """The tokens, or those of one subject, newest first."""
        found = [from_dynamodb(item) for item in self._query(TOKENS)]
        mine = [token for token in found if subject in ("", token["subject"])]
        return sorted(mine, key=lambda token: (token["issued_at"], token["jti"]), reverse=True)

    def revoke_token(self, jti: str, revoked_at: str) -> dict[str, Json] | None:
        """Revoke a token, from the next request on; revoked twice, the first moment stays.

        Returns:
            What is recorded of it then; ``None`` where no such token was issued.
        """
        token = self.token(jti)
        if token is None:
            return None
        item = {"pk": TOKENS, "sk": jti, **token, "revoked_at": revoked_at}
        self._put_item_if(item, "sk = :jti AND attribute_not_exists(revoked_at)", {":jti": jti})
        return self.token(jti)
