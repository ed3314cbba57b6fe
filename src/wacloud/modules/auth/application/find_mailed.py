"""Find what was mailed by its secret, or by the six digits of the same mail."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from wacloud.modules.auth.application.guess import guess
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.asker import Asker, asker_in
from wacloud.modules.auth.domain.guessing import CODES_OF_ACCOUNT, LINKS_FROM_ADDRESS, from_network, of_account
from wacloud.modules.auth.domain.one_time import LinkNotGood, OneTimePurpose, OneTimeToken
from wacloud.modules.auth.domain.secret import code_hash_of, hash_of
from wacloud.modules.user.api import User, canonical_email, find_user, find_user_by_email
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx


@dataclass(frozen=True, slots=True)
class Mailed:
    """What was mailed, and whose mailbox it went to. It has not been used yet."""

    token: OneTimeToken
    user: User

    @property
    def asker(self) -> Asker:
        """The program that asked for it."""
        return asker_in(self.token.detail)


async def find_by_secret(deps: AuthDeps, secret: str, purposes: Sequence[OneTimePurpose], caller: Caller) -> Mailed:
    """
    By what stands in the link.

    :raises LinkNotGood: it was used, is too old, not the newest, none of ours, or for something else.
    :raises TooManyTries: too many wrong ones from this network.
    """
    async with guess(deps, from_network(LINKS_FROM_ADDRESS, caller.address)):
        async with deps.db.system("find what was mailed") as tx:
            token = await _first(deps, tx, secret, purposes)
            user = await find_user(deps.users, tx, token.user_id) if token else None
        if token is None or user is None or user.is_disabled:
            raise LinkNotGood
    return Mailed(token, user)


async def find_by_code(
    deps: AuthDeps, email: str, code: str, purposes: Sequence[OneTimePurpose], caller: Caller
) -> Mailed:
    """
    By address and code. An address nobody has is answered, and counted, as a wrong code.

    :raises LinkNotGood: it is none of the newest mails to this address.
    :raises TooManyTries: ten in a day were wrong for this address, or too many from this network.
    """
    address, typed = canonical_email(email), "".join(code.split())
    async with guess(deps, from_network(LINKS_FROM_ADDRESS, caller.address), of_account(CODES_OF_ACCOUNT, address)):
        async with deps.db.system("find what was mailed") as tx:
            user = await find_user_by_email(deps.users, tx, address)
            now = deps.clock()
            newest = [await deps.one_time_tokens.newest(tx, user.id, one, now) for one in purposes] if user else []
        fitting = [token for token in newest if token is not None and is_code_of(token, typed)]
        if user is None or user.is_disabled or not fitting:
            raise LinkNotGood
    return Mailed(fitting[0], user)


def is_code_of(token: OneTimeToken, typed: str) -> bool:
    """Whether these are the digits of the same mail."""
    return token.code_hash is not None and hmac.compare_digest(token.code_hash, code_hash_of(typed, str(token.id)))


async def _first(deps: AuthDeps, tx: Tx, secret: str, purposes: Sequence[OneTimePurpose]) -> OneTimeToken | None:
    for purpose in purposes:
        token = await deps.one_time_tokens.find(tx, hash_of(secret), purpose, deps.clock())
        if token is not None:
            return token
    return None
