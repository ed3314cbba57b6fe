"""A mailed link was opened that goes on in a program, or signs in a browser."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from wacloud.modules.auth.application.enter_by_mail import enter_by_mail
from wacloud.modules.auth.application.find_mailed import Mailed, find_by_secret
from wacloud.modules.auth.application.let_in import Entrance, SecondFactorNeeded
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.one_time import ONE_TIME_LIFETIMES, LinkNotGood, OneTimePurpose, OneTimeToken
from wacloud.modules.auth.domain.secret import hash_of, new_secret
from wacloud.shared.application.caller import Caller

LINKS: Sequence[OneTimePurpose] = ("magic_link", "verify_email", "reset_password", "change_email")


@dataclass(frozen=True, slots=True)
class Opened:
    """
    Where it goes on: in a program with a `code`, which it exchanges, or with the tokens of `entrance`; in this browser
    where `redirect_to` is empty.
    """

    purpose: OneTimePurpose
    redirect_to: str
    code: str = ""
    entrance: Entrance | SecondFactorNeeded | None = None


async def open_link(
    deps: AuthDeps,
    secret: str,
    caller: Caller,
    *,
    purposes: Sequence[OneTimePurpose] = LINKS,
    cookie: str = "",
    otherwise: str = "",
) -> Opened:
    """
    Use the link up. A program that can show it asked for the mail gets a code, good for five minutes, and nothing
    happens until it does; otherwise whoever opens the link is in.

    `cookie`: what the program got that asked. `otherwise`: where to go on where it named no place.

    :raises LinkNotGood: it was used, is too old, not the newest, or none of ours; or it changes an address and the
        program cannot show that it asked: for that one has to be signed in.
    """
    mailed = await find_by_secret(deps, secret, purposes, caller)
    asker, purpose = mailed.asker, mailed.token.purpose
    redirect_to = asker.redirect_to or otherwise
    if asker.challenge:
        return Opened(purpose, redirect_to or f"{deps.base_url}/", code=await _code_for(deps, mailed))
    if purpose == "change_email":
        raise LinkNotGood
    entrance = await enter_by_mail(
        deps, mailed, caller, is_asker=asker.is_bound_to(cookie), for_program=bool(redirect_to)
    )
    return Opened(purpose, redirect_to, entrance=entrance)


async def _code_for(deps: AuthDeps, mailed: Mailed) -> str:
    code, now = new_secret(), deps.clock()
    detail = {**mailed.token.detail, "of": mailed.token.purpose}
    exchanged = OneTimeToken(uuid4(), mailed.user.id, "auth_code", now + ONE_TIME_LIFETIMES["auth_code"], detail=detail)
    async with deps.db.system("a link goes on in a program") as tx:
        if not await deps.one_time_tokens.use(tx, mailed.token):
            raise LinkNotGood
        await deps.one_time_tokens.put(tx, exchanged, hash_of(code), now)
    return code
