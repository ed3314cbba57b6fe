"""The mail of a sign-up again, asked for by somebody who is not signed in."""

from wacloud.modules.auth.application.guess import count_try
from wacloud.modules.auth.application.mail_link import GO_ON, mail_link
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.asker import asker_in
from wacloud.modules.auth.domain.guessing import MAILS_FROM, MAILS_TO, from_network, of_account
from wacloud.modules.user.api import find_user_by_email, possible_email
from wacloud.shared.application.caller import Caller


async def resend_sign_up(deps: AuthDeps, email: str, caller: Caller) -> None:
    """
    In the place of the one before, with what was typed then: whoever asks adds nothing to it. Nothing is sent where
    nobody has the address or it is proved already, and nobody learns whether.

    :raises EmailNotPossible: it is no address.
    :raises TooManyTries: too many mails to this address or from this network.
    """
    address = possible_email(email)
    await count_try(deps, from_network(MAILS_FROM, caller.address), of_account(MAILS_TO, address))
    async with deps.db.system("send the mail of a sign-up again") as tx:
        user = await find_user_by_email(deps.users, tx, address)
        if user is None or user.is_verified or user.is_disabled:
            return
        before = await deps.one_time_tokens.newest(tx, user.id, "verify_email", deps.clock())
        detail = before.detail if before else {}
        page = GO_ON if asker_in(detail).challenge else None
        await mail_link(deps, tx, user, "verify_email", "verify_email", page=page, with_code=True, detail=detail)
