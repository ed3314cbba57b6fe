"""
Calling a provider with several keys inside one deadline.

A key that is refused, out of money or over its limit rests while the others work. A failure of the provider
is tried once more; a provider that keeps failing is left alone for a while, so that nobody waits for it in
vain.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import openai
from httpx2 import Timeout
from openai import AsyncOpenAI

from wacloud.modules.bot.application.model import Attempt, ModelUnavailable

T = TypeVar("T")
Send = Callable[[AsyncOpenAI], Awaitable[T]]

OPENAI_URL = "https://api.openai.com/v1"

_CONNECT_S = 5.0
_REFUSED_KEY_RESTS_S = 600.0
_LIMITED_KEY_RESTS_S = 10.0
_LONGEST_WAIT_S = 2.0
_LEAST_USEFUL_S = 0.5
_FAILURES_IN_A_ROW = 3
_PROVIDER_RESTS_S = 15.0


class BrokenReply(Exception):
    """The provider answered something that is no answer."""


@dataclass(slots=True)
class _Key:
    client: AsyncOpenAI
    rests_until: float = 0.0


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a failed call means: may it be tried again, does its key rest, is the provider to blame."""

    again: bool
    key_rests_s: float = 0.0
    provider_failed: bool = False
    wait_s: float = 0.0


class KeyedClient:
    """The keys of one provider."""

    def __init__(
        self,
        api_keys: Sequence[str],
        base_url: str | None,
        deadline_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deadline_s = deadline_s
        self._now = monotonic
        # The addresses and keys are always given: nothing is taken from the environment behind our back. A
        # server that wants no key still gets a header, because the SDK insists.
        self._keys = [
            _Key(
                AsyncOpenAI(
                    api_key=key,
                    base_url=base_url or OPENAI_URL,
                    max_retries=0,
                    timeout=Timeout(deadline_s, connect=min(_CONNECT_S, deadline_s)),
                )
            )
            for key in (api_keys or ["none"])
        ]
        self._failures = 0
        self._rests_until = 0.0

    async def call(self, send: Send[T]) -> tuple[T, int, tuple[Attempt, ...]]:
        """
        Send with a key that may be used; return the result, the milliseconds it took and what failed before
        it.

        :raises ModelUnavailable: nothing came of it before the deadline.
        """
        failed: list[Attempt] = []
        ends = self._now() + self._deadline_s
        tried_again = False
        if not self._may_try():
            raise ModelUnavailable("provider_rests")
        while True:
            index = self._usable()
            if index is None:
                raise ModelUnavailable("no_usable_key", tuple(failed))
            left = ends - self._now()
            if left < _LEAST_USEFUL_S and failed:
                raise ModelUnavailable("deadline", tuple(failed))
            began = self._now()
            try:
                async with asyncio.timeout(left):
                    result = await send(self._keys[index].client)
            except (openai.OpenAIError, TimeoutError, BrokenReply, ValueError) as error:
                failed.append(_attempt(error, index, self._now() - began))
                verdict = _verdict(error)
            else:
                self._failures = 0
                return result, round((self._now() - began) * 1000), tuple(failed)
            if verdict.provider_failed:
                self._failures += 1
                self._rests_until = self._now() + _PROVIDER_RESTS_S
            if verdict.key_rests_s:
                others = self._rest(index, verdict.key_rests_s)
                if others:
                    continue
            short_enough = verdict.wait_s <= min(_LONGEST_WAIT_S, ends - self._now() - _LEAST_USEFUL_S)
            if tried_again or not verdict.again or not short_enough:
                raise ModelUnavailable(failed[-1].code or failed[-1].error, tuple(failed))
            tried_again = True
            self._keys[index].rests_until = 0.0
            await asyncio.sleep(verdict.wait_s)

    async def aclose(self) -> None:
        """Close the connections."""
        for key in self._keys:
            await key.client.close()

    def _usable(self) -> int | None:
        # The first that may be used, not each in turn: a provider keeps the beginning of a prompt per
        # account.
        now = self._now()
        return next((i for i, key in enumerate(self._keys) if key.rests_until <= now), None)

    def _rest(self, index: int, seconds: float) -> bool:
        """Let a key rest; say whether another one can go on."""
        self._keys[index].rests_until = self._now() + seconds
        return self._usable() is not None

    def _may_try(self) -> bool:
        if self._failures < _FAILURES_IN_A_ROW:
            return True
        if self._now() < self._rests_until:
            return False
        # This caller finds out for all; the others go on without until it has.
        self._rests_until = self._now() + max(_PROVIDER_RESTS_S, self._deadline_s)
        return True


def _verdict(error: Exception) -> _Verdict:
    if isinstance(error, openai.RateLimitError):
        if error.code == "insufficient_quota":
            return _Verdict(again=False, key_rests_s=_REFUSED_KEY_RESTS_S)
        wait = _retry_after(error)
        return _Verdict(again=wait is not None, key_rests_s=wait or _LIMITED_KEY_RESTS_S, wait_s=wait or 0.0)
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return _Verdict(again=False, key_rests_s=_REFUSED_KEY_RESTS_S)
    if isinstance(error, TimeoutError):
        # The whole deadline is gone.
        return _Verdict(again=False, provider_failed=True)
    if isinstance(error, openai.APIStatusError) and error.status_code not in (408, 409) and error.status_code < 500:
        return _Verdict(again=False)
    return _Verdict(again=True, provider_failed=True, wait_s=random.uniform(0.1, 0.4))


def _retry_after(error: openai.APIStatusError) -> float | None:
    headers = error.response.headers
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(float(headers[name]) * unit, 0.05)
        except (KeyError, ValueError):
            continue
    return None


def _attempt(error: Exception, key: int, seconds: float) -> Attempt:
    # Never the message: providers repeat parts of the key and of the request in it.
    code = getattr(error, "code", None)
    request_id = getattr(error, "request_id", None)
    return Attempt(
        error=type(error).__name__,
        code=str(code)[:60] if code else None,
        status=getattr(error, "status_code", None),
        key=key,
        ms=round(seconds * 1000),
        request_id=str(request_id)[:80] if request_id else None,
    )
