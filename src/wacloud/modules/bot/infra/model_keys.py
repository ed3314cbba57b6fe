"""
Calling a provider with several keys inside one deadline.

A key that is refused, out of money or over its limit rests while the others work. A failure of the provider
is tried once more; a provider that keeps failing is left alone for a while, so that nobody waits for it in
vain.
"""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import openai
from httpx2 import Response, Timeout
from openai import AsyncOpenAI, DefaultAsyncHttpxClient

from wacloud.modules.bot.application.guards import KeyHealth, TellHealth
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
# What the provider says is left of a key's limits; with fewer tokens than this no request of ours goes through.
_FEW_TOKENS = 500
_COUNTED = ("/responses", "/chat/completions")  # moderation has limits of its own
_LONGEST_RESET_S = 60.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class BrokenReply(Exception):
    """The provider answered something that is no answer."""


class _Key:
    """One key: how it fares, and until when it rests."""

    def __init__(self, api_key: str, base_url: str | None, deadline_s: float, now: Callable[[], float]) -> None:
        self._now = now
        self.rests_until = 0.0
        self.why: str | None = None
        self.calls = self.failures = 0
        self.left_requests: int | None = None
        self.left_tokens: int | None = None
        timeout = Timeout(deadline_s, connect=min(_CONNECT_S, deadline_s))
        self.client = AsyncOpenAI(
            api_key=api_key,
            base_url=base_url or OPENAI_URL,
            max_retries=0,
            timeout=timeout,
            http_client=DefaultAsyncHttpxClient(timeout=timeout, event_hooks={"response": [self._note_limits]}),
        )

    def rest(self, seconds: float, why: str) -> None:
        self.rests_until, self.why = self._now() + seconds, why

    async def _note_limits(self, response: Response) -> None:
        """Every answer says what is left: a key with nothing left rests before it is refused."""
        if not response.request.url.path.endswith(_COUNTED):
            return
        headers = response.headers
        self.left_requests = _number(headers.get("x-ratelimit-remaining-requests"))
        self.left_tokens = _number(headers.get("x-ratelimit-remaining-tokens"))
        for left, least, name in ((self.left_requests, 1, "requests"), (self.left_tokens, _FEW_TOKENS, "tokens")):
            if left is not None and left < least and response.status_code < 400:
                seconds = _duration(headers.get(f"x-ratelimit-reset-{name}", ""))
                self.rest(min(seconds, _LONGEST_RESET_S), f"no_{name}_left")


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
        tell: TellHealth | None = None,
    ) -> None:
        self._deadline_s = deadline_s
        self._now = monotonic
        self._tell = tell
        # The addresses and keys are always given: nothing is taken from the environment behind our back. A
        # server that wants no key still gets a header, because the SDK insists.
        self._keys = [_Key(key, base_url, deadline_s, monotonic) for key in (api_keys or ["none"])]
        self._failures = 0
        self._rests_until = 0.0

    async def call(self, send: Send[T], *, aside: bool = False) -> tuple[T, int, tuple[Attempt, ...]]:
        """
        Send with a key that may be used; return the result, the milliseconds it took and what failed before
        it. What goes wrong `aside` says nothing about the provider's models.

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
            key = self._keys[index]
            key.calls += 1
            try:
                async with asyncio.timeout(left):
                    result = await send(key.client)
            except (openai.OpenAIError, TimeoutError, BrokenReply, ValueError) as error:
                failed.append(_attempt(error, index, self._now() - began))
                verdict = _verdict(error)
                key.failures += 1
            else:
                if not aside:
                    self._failures = 0
                self._tell_health()
                return result, round((self._now() - began) * 1000), tuple(failed)
            if verdict.provider_failed and not aside:
                self._failures += 1
                self._rests_until = self._now() + _PROVIDER_RESTS_S
            if verdict.key_rests_s:
                key.rest(verdict.key_rests_s, failed[-1].code or failed[-1].error)
                if self._usable() is not None:
                    continue
            short_enough = verdict.wait_s <= min(_LONGEST_WAIT_S, ends - self._now() - _LEAST_USEFUL_S)
            if tried_again or not verdict.again or not short_enough:
                self._tell_health()
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

    def health(self) -> tuple[KeyHealth, ...]:
        """How each key fares, in the order they were given; nothing of the keys themselves."""
        now = self._now()
        return tuple(
            KeyHealth(
                number=number,
                rests_s=max(round(key.rests_until - now), 0),
                why=key.why if key.rests_until > now else None,
                calls=key.calls,
                failures=key.failures,
                left_requests=key.left_requests,
                left_tokens=key.left_tokens,
            )
            for number, key in enumerate(self._keys, 1)
        )

    def _tell_health(self) -> None:
        if self._tell is not None:
            self._tell(self.health())

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


def _number(header: str | None) -> int | None:
    return int(header) if header is not None and header.isascii() and header.isdigit() else None


def _duration(header: str) -> float:
    """`12ms`, `1.5s` or `6m0s`."""
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(header))


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
