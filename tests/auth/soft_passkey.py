"""A device that keeps passkeys, in software: what a browser would send, right or wrong in one thing."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import encode_cbor

USER_PRESENT, USER_VERIFIED, HAS_KEY = 1, 4, 64


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(slots=True)
class SoftPasskey:
    """One key of one site. `count` grows with each use, if the device counts."""

    origin: str
    site: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    count: int = 0
    counts: bool = True
    checks_person: bool = True
    user_handle: bytes | None = None

    def made(self, options: str) -> str:
        """The answer to `navigator.credentials.create`."""
        told = json.loads(options)
        self.user_handle = base64.urlsafe_b64decode(told["user"]["id"] + "==")
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        key = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + encode_cbor(public)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(HAS_KEY) + key}
        return self._answer(told, "webauthn.create", {"attestationObject": text(encode_cbor(attestation))})

    def proof(self, options: str) -> str:
        """The answer to `navigator.credentials.get`."""
        self.count += self.counts
        told, data = json.loads(options), self._data(0)
        signed = data + hashlib.sha256(self._client_data(told, "webauthn.get")).digest()
        response: dict[str, Any] = {
            "authenticatorData": text(data),
            "signature": text(self.key.sign(signed, ec.ECDSA(SHA256()))),
        }
        if self.user_handle is not None:
            response["userHandle"] = text(self.user_handle)
        return self._answer(told, "webauthn.get", response)

    def _data(self, more: int) -> bytes:
        flags = USER_PRESENT | (USER_VERIFIED if self.checks_person else 0) | more
        return hashlib.sha256(self.site.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, told: dict[str, Any], kind: str) -> bytes:
        return json.dumps({"type": kind, "challenge": told["challenge"], "origin": self.origin}).encode()

    def _answer(self, told: dict[str, Any], kind: str, response: dict[str, Any]) -> str:
        response["clientDataJSON"] = text(self._client_data(told, kind))
        answer = {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}
        return json.dumps({**answer, "clientExtensionResults": {}})
