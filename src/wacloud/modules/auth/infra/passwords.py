"""Argon2id, off the event loop and never more than two at a time."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """How much a guess costs: passes, KiB of memory, lanes."""

    passes: int = 2
    memory_kib: int = 19_456
    lanes: int = 1


class Argon2Passwords:
    """
    See `ports.Passwords`.

    Each hash takes 19 MB and some 20 ms of a core; more of them at once would starve the webhooks beside
    them.
    """

    def __init__(self, cost: Argon2Cost | None = None) -> None:
        cost = cost or Argon2Cost()
        self._hasher = PasswordHasher(cost.passes, cost.memory_kib, cost.lanes, type=Type.ID)
        self._nobodys_hash = self._hasher.hash(secrets.token_hex(16))
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")

    async def verify(self, password_hash: str | None, password: str) -> bool:
        loop = asyncio.get_running_loop()
        checked = password_hash or self._nobodys_hash
        is_right = await loop.run_in_executor(self._threads, self._verify, checked, password)
        return is_right and password_hash is not None

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    def is_outdated(self, password_hash: str) -> bool:
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False
