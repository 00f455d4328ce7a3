"""Who may use a service: a token, and pages of which origins."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from paddleseg.service.problems import RefusedError
from paddleseg.service.settings import Settings


class Access:
    """Checks the heads of requests.

    A browser lets any page send pictures here and only hides the answer, so pages of other origins are refused.
    """

    def __init__(self, settings: Settings):
        self._token, self._origins = settings.token, frozenset(settings.cors)

    def check_origin(self, headers: Mapping[str, str]) -> None:
        """Let programs pass, which send no origin, and pages of this service or of allowed ones.

        Raises:
            RefusedError: 403.
        """
        origin = headers.get("origin")
        if origin is None or origin in self._origins or origin.partition("://")[2] == headers.get("host"):
            return
        raise RefusedError(403, "Origin", "is none whose pages may use this service", "start it with --cors ORIGIN")

    def check_token(self, given: str | None) -> None:
        """
        Raises:
            RefusedError: 401, it is missing or another one.
        """
        if self._token is None or hmac.compare_digest((given or "").encode(), self._token.encode()):
            return
        what = "is missing" if given is None else "is not the right one"
        raise RefusedError(401, "token", what, "send Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"})

    def bearer(self, headers: Mapping[str, str]) -> str | None:
        """The token in a head."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None
