"""Somebody forgot their password: a link to their mailbox."""

from wacloud.modules.auth.application.guess import count_try
from wacloud.modules.auth.application.mail_link import GO_ON, mail_link
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.asker import Asker
from wacloud.modules.auth.domain.guessing import MAILS_FROM, MAILS_TO, from_network, of_account
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.user.api import find_user_by_email, possible_email
from wacloud.shared.application.caller import Caller


async def forgot_password(deps: AuthDeps, email: str, caller: Caller, asker: Asker | None = None) -> None:
    """
    Mail a link where somebody has this address; nobody learns from the answer whether.

    With an `asker` the mail has a code as well, and its link goes on in that program, where the new password is typed.

    :raises EmailNotPossible: it is no address.
    :raises TooManyTries: too many mails to this address or from this network.
    """
    address = possible_email(email)
    await count_try(deps, from_network(MAILS_FROM, caller.address), of_account(MAILS_TO, address))
    async with deps.db.system("forgot a password") as tx:
        user = await find_user_by_email(deps.users, tx, address)
        if user is not None and not user.is_disabled:
            if asker is None:
                await mail_link(deps, tx, user, "reset_password", "reset_password")
            else:
                page = GO_ON if asker.challenge or asker.redirect_to else None
                detail = asker.as_detail()
                await mail_link(deps, tx, user, "reset_password", "recovery", page=page, with_code=True, detail=detail)
        await record_audit(
            deps.businesses,
            tx,
            AuditEntry(action="auth.reset_asked", actor_kind="unknown", user_id=user.id if user else None),
            caller=caller,
        )
