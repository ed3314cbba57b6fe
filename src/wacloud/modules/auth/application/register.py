"""Somebody signs up, or says they do: nobody learns from the answer whether an address is known."""

from collections.abc import Mapping
from typing import Any

from wacloud.modules.auth.application.guess import count_try
from wacloud.modules.auth.application.mail_link import GO_ON, mail_link
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.asker import Asker
from wacloud.modules.auth.domain.guessing import MAILS_FROM, MAILS_TO, from_network, of_account
from wacloud.modules.auth.domain.password_rules import check_password
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.notification.api import Mail
from wacloud.modules.user.api import (
    EmailTaken,
    User,
    add_user,
    checked_name,
    find_user_by_email,
    possible_email,
)
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx


async def register(
    deps: AuthDeps,
    *,
    name: str,
    email: str,
    password: str,
    language: str,
    caller: Caller,
    asker: Asker | None = None,
) -> None:
    """
    Make an account that opens nothing until its address is verified, and mail the link.

    Whoever signs up with the address of an account that is not verified yet leaves what they typed with their own
    link, and the newest link is the one that works: an account is what its verifier typed, whoever came first. The
    address of a verified account gets a mail that says so. `asker`: the program that goes on once the link is opened.

    :raises AppError: the name, the address or the password will not do.
    :raises TooManyTries: too many mails to this address or from this network.
    """
    name, address = checked_name(name), possible_email(email)
    check_password(password, name, address)
    await count_try(deps, from_network(MAILS_FROM, caller.address), of_account(MAILS_TO, address))
    password_hash = await deps.passwords.hash(password)
    typed = {"name": name, "language": language, "password_hash": password_hash}
    asked = asker.as_detail() if asker else {}
    page = GO_ON if asker and asker.challenge else None
    async with deps.db.system("sign up") as tx:
        user = await find_user_by_email(deps.users, tx, address)
        if user is None:
            user = await _add(deps, tx, address, typed)
        if user.is_verified or user.is_disabled:
            await deps.mails.queue(
                tx,
                Mail(
                    to=user.email,
                    template="already_registered",
                    language=user.language,
                    values={"link": f"{deps.base_url}/login"},
                    user_id=user.id,
                ),
            )
        else:
            await mail_link(
                deps, tx, user, "verify_email", "verify_email", page=page, with_code=True, detail=typed | asked
            )
        await record_audit(
            deps.businesses,
            tx,
            AuditEntry(action="auth.registered", actor_kind="unknown", user_id=user.id),
            caller=caller,
        )


async def _add(deps: AuthDeps, tx: Tx, address: str, typed: Mapping[str, Any]) -> User:
    try:
        user_id = await add_user(
            deps.users, tx, name=typed["name"], email=address, language=typed["language"], verified_at=None
        )
    except EmailTaken:
        # At the same moment somebody else signed up with it.
        pass
    else:
        await deps.credentials.put(tx, user_id, typed["password_hash"], deps.clock())
    user = await find_user_by_email(deps.users, tx, address)
    assert user is not None
    return user
