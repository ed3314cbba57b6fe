"""Tokens: which WABAs a bearer may act for."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass

from wacloud.twins.graph.errors import GraphRefusal, object_unknown
from wacloud.twins.graph.wire import Request
from wacloud.twins.graph.world import Number, Waba, World

SCOPES = ("whatsapp_business_management", "whatsapp_business_messaging")


@dataclass(slots=True)
class TokenFacts:
    """What is special about a token. `target_ids`: the only WABAs it was granted; `app_id`: it is another app's."""

    expires_at: int = 0
    scopes: tuple[str, ...] = SCOPES
    target_ids: tuple[str, ...] | None = None
    app_id: str | None = None


class Access:
    """Looks up tokens, WABAs and numbers; built anew when the world gets another WABA."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.revoked: dict[str, int | None] = {}
        self.facts: dict[str, TokenFacts] = {}
        self.wabas: dict[str, Waba] = {}
        self.numbers: dict[str, tuple[Waba, Number]] = {}
        self._tokens: dict[str, set[str]] = {}
        self.learn()

    def learn(self) -> None:
        """Read the world again."""
        self.wabas = {waba.waba_id: waba for waba in self._world.wabas}
        self.numbers = {n.phone_number_id: (waba, n) for waba in self._world.wabas for n in waba.numbers}
        self._tokens = {}
        for waba in self._world.wabas:
            waba.business_id = waba.business_id or waba.waba_id
            self._tokens.setdefault(waba.access_token, set()).add(waba.waba_id)

    @property
    def app_token(self) -> str:
        return f"{self._world.app_id}|{self._world.app_secret}"

    def token_of(self, request: Request) -> str:
        """
        The bearer of a request, which has to be one that works.

        :raises GraphRefusal: 0 without a token, 190 for one that is unknown or revoked.
        """
        token = request.header(b"authorization")
        if token[:7].lower() == "bearer " or token[:6].lower() == "oauth ":
            token = token.partition(" ")[2].strip()
        elif request.raw_query:
            token = request.query.get("access_token", "")
        else:
            token = ""
        if not token:
            raise GraphRefusal(0, message="An access token is needed for this request.")
        if token in self.revoked:
            raise GraphRefusal(
                190, message="Error validating access token: it was revoked.", subcode=self.revoked[token]
            )
        if (facts := self.facts.get(token)) is not None and 0 < facts.expires_at <= time.time():
            raise GraphRefusal(190, message="Error validating access token: Session has expired.", subcode=463)
        if token not in self._tokens and token != self.app_token:
            raise GraphRefusal(190, message="Invalid OAuth access token - Cannot parse access token")
        if request.raw_query:
            self._check_proof(token, request.query.get("appsecret_proof"))
        return token

    def number(self, request: Request, phone_number_id: str) -> tuple[Waba, Number]:
        """:raises GraphRefusal: 100/33 where this token does not see such a number."""
        allowed = self._tokens.get(self.token_of(request), ())
        found = self.numbers.get(phone_number_id)
        if found is None or found[0].waba_id not in allowed:
            raise object_unknown(phone_number_id)
        return found

    def waba(self, request: Request, waba_id: str) -> Waba:
        """:raises GraphRefusal: 100/33 where this token does not see such a WABA."""
        allowed = self._tokens.get(self.token_of(request), ())
        if waba_id not in allowed:
            raise object_unknown(waba_id)
        waba = self.wabas[waba_id]
        waba.management_calls += 1
        return waba

    def is_app(self, request: Request) -> bool:
        return self.token_of(request) == self.app_token

    def wabas_of(self, token: str) -> set[str]:
        return self._tokens.get(token, set()) if token not in self.revoked else set()

    def check_scope(self, request: Request, scope: str) -> None:
        """:raises GraphRefusal: 200 where the token was granted other things only."""
        facts = self.facts.get(self.token_of(request))
        if facts is not None and scope not in facts.scopes:
            raise GraphRefusal(200, message=f"(#200) You do not have the permission {scope} for this operation.")

    def _check_proof(self, token: str, proof: str | None) -> None:
        if proof is None:
            return
        expected = hmac.new(self._world.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(proof, expected):
            raise GraphRefusal(100, message="Invalid appsecret_proof provided in the API argument")
