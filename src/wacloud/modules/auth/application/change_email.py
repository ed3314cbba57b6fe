"""Somebody who is signed in moves to another e-mail address."""

from wacloud.modules.auth.application.guess import count_try
from wacloud.modules.auth.application.mail_link import GO_ON, mail_link
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.prove_password import prove_password
from wacloud.modules.auth.domain.asker import Asker
from wacloud.modules.auth.domain.guessing import MAILS_FROM, MAILS_TO, from_network, of_account
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.notification.api import Mail
from wacloud.modules.user.api import User, find_user_by_email, possible_email
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import UserId


async def change_email(deps: AuthDeps, user_id: UserId, password: str, email: str, caller: Caller) -> None:
    """
    Mail a link to the new address; nothing changes until it is opened. Where somebody has that address already,
    they are told by mail, and the answer is the same.

    :raises WrongPassword: that is not the current one.
    :raises EmailNotPossible: it is no address.
    :raises TooManyTries: too many wrong passwords, or too many mails.
    """
    possible_email(email)
    await ask_new_email(deps, await prove_password(deps, user_id, password, caller), email, caller)


async def ask_new_email(deps: AuthDeps, user: User, email: str, caller: Caller, asker: Asker | None = None) -> None:
    """
    The same, of somebody who has shown again that it is they.

    With an `asker` that can show it asked, the link goes on there.
    """
    address = possible_email(email)
    detail = {"email": address, **(asker.as_detail() if asker else {})}
    page = GO_ON if asker and asker.challenge else None
    await count_try(deps, from_network(MAILS_FROM, caller.address), of_account(MAILS_TO, address))
    async with deps.db.system("change an address") as tx:
        other = await find_user_by_email(deps.users, tx, address)
        if other is None:
            await mail_link(
                deps, tx, user, "change_email", "email_change_confirm", to=address, page=page, detail=detail
            )
        elif other.id != user.id:
            await deps.mails.queue(
                tx,
                Mail(
                    to=other.email,
                    template="already_registered",
                    language=other.language,
                    values={"link": f"{deps.base_url}/login"},
                    user_id=other.id,
                ),
            )
        await record_audit(
            deps.businesses,
            tx,
            AuditEntry(action="auth.email_change_asked", actor_id=user.id, user_id=user.id),
            caller=caller,
        )
