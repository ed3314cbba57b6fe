"""The key a business brings of its own: tried before it is kept, never shown again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal, Protocol
from uuid import UUID

from wacloud.modules.business.api import AuditEntry, BusinessDeps, record_audit
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.errors import AppError, Kind
from wacloud.shared.domain.ids import BusinessId, UserId

KeyState = Literal["ok", "refused", "no_money"]
Verdict = Literal["ok", "refused", "no_money", "away"]

LONGEST_KEY = 300


class KeyNotOne(AppError):
    """That is no whole key of OpenAI's: it begins with sk-, has 20 to 300 characters and no blanks."""

    kind: ClassVar[Kind] = "invalid"


class KeyRefused(AppError):
    """OpenAI does not accept this key. Make a new one there and paste it whole."""

    kind: ClassVar[Kind] = "invalid"


class KeyNotTried(AppError):
    """OpenAI could not be asked about this key just now. Try again in a moment."""

    kind: ClassVar[Kind] = "unavailable"


@dataclass(frozen=True, slots=True)
class KeptKey:
    """As it is used."""

    id: UUID
    sealed: str
    state: KeyState


@dataclass(frozen=True, slots=True)
class ShownKey:
    """As people see it."""

    ending: str
    state: KeyState
    state_at: datetime
    added_at: datetime


@dataclass(frozen=True, slots=True)
class CostsOfDay:
    """One day: turns that asked a model, tokens read and written, US dollars."""

    day: date
    turns: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal


class ProviderKeys(Protocol):
    """The keys, one for each business at most."""

    async def find(self, tx: Tx, business_id: BusinessId) -> KeptKey | None:
        """To use it."""
        ...

    async def shown(self, tx: Tx, business_id: BusinessId) -> ShownKey | None:
        """To show it."""
        ...

    async def keep(self, tx: Tx, business_id: BusinessId, sealed: str, ending: str, by: UserId | None) -> None:
        """In place of the one before."""
        ...

    async def note(self, tx: Tx, business_id: BusinessId, key: KeptKey, state: KeyState) -> None:
        """How it fares, where it is still this one."""
        ...

    async def remove(self, tx: Tx, business_id: BusinessId) -> bool:
        """False where there was none."""
        ...

    async def costs(self, tx: Tx, business_id: BusinessId, first: date, last: date) -> tuple[CostsOfDay, ...]:
        """What models cost on these days, with either key; the newest first."""
        ...


class KeyTrial(Protocol):
    """Asks the provider about a key. Network: never with a transaction open."""

    async def try_key(self, key: str) -> Verdict:
        """What it says."""
        ...


@dataclass(frozen=True, slots=True)
class OwnKeyDeps:
    """What keeping a business's own key needs."""

    db: Database
    keys: ProviderKeys
    trial: KeyTrial
    business: BusinessDeps
    seal: Callable[[str], str]


async def set_own_key(
    deps: OwnKeyDeps, business_id: BusinessId, key: str, by: UserId, caller: Caller = NOBODY
) -> ShownKey:
    """
    Try it, then keep it in place of the one before.

    :raises KeyNotOne: it has not the form of a key.
    :raises KeyRefused: the provider does not accept it.
    :raises KeyNotTried: the provider could not be asked.
    """
    key = key.strip()
    if (
        not key.startswith("sk-")
        or not 20 <= len(key) <= LONGEST_KEY
        or not key.isascii()
        or not key.isprintable()
        or " " in key
    ):
        raise KeyNotOne
    match await deps.trial.try_key(key):
        case "refused":
            raise KeyRefused
        case "away":
            raise KeyNotTried
    async with deps.db.tenant(business_id) as tx:
        await deps.keys.keep(tx, business_id, deps.seal(key), key[-4:], by)
        entry = AuditEntry(action="bot.key_set", actor_id=by, business_id=business_id)
        await record_audit(deps.business, tx, entry, caller=caller)
        shown = await deps.keys.shown(tx, business_id)
    assert shown is not None
    return shown


async def own_key(deps: OwnKeyDeps, business_id: BusinessId) -> ShownKey | None:
    """What people may know of it."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        return await deps.keys.shown(tx, business_id)


async def remove_own_key(deps: OwnKeyDeps, business_id: BusinessId, by: UserId, caller: Caller = NOBODY) -> None:
    """From now on ours is used; where there was none, nothing happens."""
    async with deps.db.tenant(business_id) as tx:
        if await deps.keys.remove(tx, business_id):
            entry = AuditEntry(action="bot.key_removed", actor_id=by, business_id=business_id)
            await record_audit(deps.business, tx, entry, caller=caller)
