"""The providers of businesses that bring their own key: opened when they are needed, closed when nobody uses them."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import partial

import openai
import structlog
from openai import AsyncOpenAI

from wacloud.modules.bot.application.guards import KeyHealth, Provider
from wacloud.modules.bot.application.own_key import KeptKey, KeyState, ProviderKeys, Verdict
from wacloud.modules.bot.infra.model_keys import OPENAI_URL
from wacloud.modules.bot.infra.openai_responses import open_provider
from wacloud.shared.application.db import Database, StoreAway
from wacloud.shared.domain.ids import BusinessId

log = structlog.get_logger()

_REMEMBER_S = 10.0
_MOST_OPEN = 500
_TRIAL_S = 8.0
_STATES: dict[str, KeyState] = {
    "insufficient_quota": "no_money",
    "invalid_api_key": "refused",
    "AuthenticationError": "refused",
    "PermissionDeniedError": "refused",
}


@dataclass(slots=True)
class _Open:
    """What was found a moment ago; `key` None: they use ours."""

    key: KeptKey | None
    provider: Provider | None
    looked_at: float

    def as_it_fares(self) -> Provider | None:
        """Told with it: whether the key was refused the last time it was used."""
        if self.provider is None or self.key is None or self.key.state == "ok":
            return self.provider
        return replace(self.provider, fails=self.key.state)


class OpenOwnProviders:
    """
    See `application.guards.OwnProviders`.

    Only OpenAI is spoken to, at the one address of the settings: what a business types in leads nowhere.
    """

    def __init__(
        self,
        db: Database,
        keys: ProviderKeys,
        unseal: Callable[[str], str],
        *,
        base_url: str | None,
        model: str,
        deadline_s: float,
    ) -> None:
        self._db = db
        self._keys = keys
        self._unseal = unseal
        self._open = partial(
            open_provider, base_url=base_url, model=model, deadline_s=deadline_s, api="responses", own=True
        )
        self._known: OrderedDict[BusinessId, _Open] = OrderedDict()
        self._aside: set[asyncio.Task[None]] = set()

    async def of(self, business_id: BusinessId) -> Provider | None:
        now = time.monotonic()
        known = self._known.get(business_id)
        if known is not None and now - known.looked_at < _REMEMBER_S:
            self._known.move_to_end(business_id)
            return known.as_it_fares()
        async with self._db.tenant(business_id, read_only=True) as tx:
            key = await self._keys.find(tx, business_id)
        known = self._known.get(business_id)
        if known is not None and (known.key and known.key.id) == (key and key.id):
            # Another process may have noted how it fares.
            known.key, known.looked_at = key, now
            return known.as_it_fares()
        if known is not None:
            self._close_later(known.provider)
        provider = None
        if key is not None:
            tell = partial(self._note, business_id, key)
            provider = self._open([self._unseal(key.sealed)], tell=tell)
        opened = self._known[business_id] = _Open(key, provider, now)
        while len(self._known) > _MOST_OPEN:
            self._close_later(self._known.popitem(last=False)[1].provider)
        return opened.as_it_fares()

    async def aclose(self) -> None:
        """Close them all."""
        for known in self._known.values():
            self._close_later(known.provider)
        await asyncio.gather(*self._aside, return_exceptions=True)

    def _note(self, business_id: BusinessId, key: KeptKey, health: Sequence[KeyHealth]) -> None:
        """A key that is refused or has no money left is told on the page; one that works again as well."""
        (one,) = health
        if one.why is not None and one.why not in _STATES:
            # Over its limit for a moment: that is nobody's business but ours.
            return
        state: KeyState = _STATES[one.why] if one.why is not None else "ok"
        known = self._known.get(business_id)
        if known is None or known.key is None or known.key.id != key.id or known.key.state == state:
            return
        known.key = replace(known.key, state=state)
        self._do_aside(self._write(business_id, key, state))

    async def _write(self, business_id: BusinessId, key: KeptKey, state: KeyState) -> None:
        try:
            async with self._db.tenant(business_id) as tx:
                await self._keys.note(tx, business_id, key, state)
        except StoreAway:
            log.info("bot.key_state_not_kept")

    def _close_later(self, provider: Provider | None) -> None:
        if provider is not None:
            self._do_aside(provider.model.aclose())

    def _do_aside(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)


class OpenAIKeyTrial:
    """See `application.own_key.KeyTrial`: by the list of models, which costs nothing."""

    def __init__(self, base_url: str | None) -> None:
        self._base_url = base_url or OPENAI_URL

    async def try_key(self, key: str) -> Verdict:
        async with AsyncOpenAI(api_key=key, base_url=self._base_url, max_retries=0, timeout=_TRIAL_S) as client:
            try:
                async with asyncio.timeout(_TRIAL_S):
                    await client.models.list()
            except (openai.AuthenticationError, openai.PermissionDeniedError):
                return "refused"
            except (openai.OpenAIError, TimeoutError, ValueError):
                return "away"
        return "ok"
