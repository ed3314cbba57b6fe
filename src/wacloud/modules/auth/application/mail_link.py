"""A secret in a mail, inside the transaction of what asks for it."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.one_time import ONE_TIME_LIFETIMES, OneTimePurpose, OneTimeToken
from wacloud.modules.auth.domain.secret import code_hash_of, hash_of, new_code, new_secret
from wacloud.modules.notification.api import Mail
from wacloud.modules.user.api import User
from wacloud.shared.application.db import Tx

# What a link opens. The secret stands behind the #, which browsers send to nobody: no log and no Referer has it.
PAGES: Mapping[OneTimePurpose, str] = {
    "verify_email": "/verify-email",
    "reset_password": "/reset-password",
    "change_email": "/confirm-email",
    "magic_link": "/magic-link",
}
# Where a link leads whose opening goes on in the program that asked for the mail.
GO_ON = PAGES["magic_link"]


async def mail_link(
    deps: AuthDeps,
    tx: Tx,
    user: User,
    purpose: OneTimePurpose,
    template: str,
    *,
    to: str | None = None,
    page: str | None = None,
    with_code: bool = False,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """
    Send a link that works once; one sent before for the same purpose works no more.

    `to` None: to their address. `page` None: the one of the purpose.
    """
    secret, code = await _keep(deps, tx, user, purpose, detail or {}, with_code=with_code)
    # The configured address only: what a request calls this host may come from anybody.
    values = {"link": f"{deps.base_url}{page or PAGES[purpose]}#{secret}"}
    await _send(deps, tx, user, to or user.email, template, {**values, "code": code} if with_code else values)


async def mail_code(deps: AuthDeps, tx: Tx, user: User, purpose: OneTimePurpose, template: str) -> None:
    """Send six digits to type, and no link."""
    _, code = await _keep(deps, tx, user, purpose, {}, with_code=True)
    await _send(deps, tx, user, user.email, template, {"code": code})


async def _keep(
    deps: AuthDeps, tx: Tx, user: User, purpose: OneTimePurpose, detail: Mapping[str, Any], *, with_code: bool
) -> tuple[str, str]:
    secret, code, token_id = new_secret(), new_code(), uuid4()
    now = deps.clock()
    code_hash = code_hash_of(code, str(token_id)) if with_code else None
    token = OneTimeToken(token_id, user.id, purpose, now + ONE_TIME_LIFETIMES[purpose], code_hash, detail)
    await deps.one_time_tokens.put(tx, token, hash_of(secret), now)
    return secret, code


async def _send(deps: AuthDeps, tx: Tx, user: User, to: str, template: str, values: Mapping[str, str]) -> None:
    await deps.mails.queue(tx, Mail(to=to, template=template, language=user.language, values=values, user_id=user.id))
