"""A mail that lets somebody in, by link or by code, without a password."""

from contextlib import suppress

from wacloud.modules.auth.application.guess import count_try
from wacloud.modules.auth.application.mail_link import mail_link
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.asker import Asker
from wacloud.modules.auth.domain.guessing import MAILS_FROM, MAILS_TO, from_network, of_account
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.user.api import EmailTaken, add_user, checked_name, find_user_by_email, possible_email
from wacloud.shared.application.caller import Caller


async def ask_magic_link(
    deps: AuthDeps, *, email: str, name: str, language: str, may_create: bool, asker: Asker, caller: Caller
) -> None:
    """
    Mail it where somebody has this address, or to whoever has it where `may_create`: they get an account with it that
    opens nothing until they use it. Nobody learns from the answer which.

    :raises AppError: the address or the name will not do.
    :raises TooManyTries: too many mails to this address or from this network.
    """
    name, address = checked_name(name), possible_email(email)
    await count_try(deps, from_network(MAILS_FROM, caller.address), of_account(MAILS_TO, address))
    async with deps.db.system("ask for a link that lets in") as tx:
        user = await find_user_by_email(deps.users, tx, address)
        if user is None and may_create:
            # At the same moment somebody else may sign up with it.
            with suppress(EmailTaken):
                await add_user(deps.users, tx, name=name, email=address, language=language, verified_at=None)
            user = await find_user_by_email(deps.users, tx, address)
        if user is not None and not user.is_disabled:
            detail = {"name": name, "language": language, **asker.as_detail()}
            await mail_link(deps, tx, user, "magic_link", "magic_link", with_code=True, detail=detail)
        await record_audit(
            deps.businesses,
            tx,
            AuditEntry(action="auth.magic_link_asked", actor_kind="unknown", user_id=user.id if user else None),
            caller=caller,
        )
