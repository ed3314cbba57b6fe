"""Send the link that verifies an address again."""

from wacloud.modules.auth.application.guess import count_try
from wacloud.modules.auth.application.mail_link import mail_link
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.guessing import MAILS_FROM, MAILS_TO, from_network, of_account
from wacloud.modules.user.api import find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import UserId


async def resend_verification(deps: AuthDeps, user_id: UserId, caller: Caller) -> None:
    """
    Another mail, in the place of the one before. Nothing happens where the address is verified.

    :raises TooManyTries: too many mails to this address or from this network.
    """
    async with deps.db.member(user_id, read_only=True) as tx:
        user = await find_user(deps.users, tx, user_id)
    if user is None or user.is_verified:
        return
    await count_try(deps, from_network(MAILS_FROM, caller.address), of_account(MAILS_TO, user.email))
    async with deps.db.system("send the link again") as tx:
        # Whoever is signed in has the first sign-up's password: nothing typed later belongs to this link.
        await mail_link(deps, tx, user, "verify_email", "verify_email", with_code=True)
