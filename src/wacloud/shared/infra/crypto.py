"""Secrets at rest: encrypted with keys from the environment, so that a dump of the database tells none."""

import base64
import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PREFIX = "v1"


class CannotDecrypt(Exception):
    """No key of SECRET_KEYS opens this secret."""


class SecretBox:
    """
    AES-256-GCM. The first of SECRET_KEYS encrypts, all of them open, so a key is rotated by putting a new one first.

    A secret looks like `v1.<key id>.<base64 of nonce and ciphertext>`; under the first it begins with `current_mark`.
    """

    def __init__(self, secret_keys: Sequence[str]) -> None:
        if not secret_keys:
            raise ValueError("SECRET_KEYS is empty")
        self._ciphers = {_key_id(secret): AESGCM(_derive(secret)) for secret in secret_keys}
        self._current = _key_id(secret_keys[0])
        self.current_mark = f"{_PREFIX}.{self._current}."
        self.decrypt = lru_cache(maxsize=4096)(self._decrypt)

    def told_of(self, key_id: str) -> str:
        """What this key is to us, for people."""
        if key_id == self._current:
            return "newest"
        return "older" if key_id in self._ciphers else "not among SECRET_KEYS"

    def encrypt(self, secret: str) -> str:
        """Text in, text out; never the same twice."""
        nonce = os.urandom(12)
        sealed = self._ciphers[self._current].encrypt(nonce, secret.encode(), self._current.encode())
        return f"{_PREFIX}.{self._current}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def _decrypt(self, sealed: str) -> str:
        """:raises CannotDecrypt: it was sealed with a key we no longer have, or it was changed."""
        try:
            version, key_id, data = sealed.split(".")
            raw = base64.urlsafe_b64decode(data)
            if version != _PREFIX:
                raise ValueError(version)
            return self._ciphers[key_id].decrypt(raw[:12], raw[12:], key_id.encode()).decode()
        except (ValueError, KeyError, InvalidTag) as error:
            raise CannotDecrypt from error


def _derive(secret: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"wacloud secrets at rest").derive(secret.encode())


def _key_id(secret: str) -> str:
    return hashlib.sha256(b"wacloud key id " + secret.encode()).hexdigest()[:8]
