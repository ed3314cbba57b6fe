"""The code a program got from an opened link, and what it kept to itself, for a session (PKCE)."""

from wacloud.modules.auth.application.enter_by_mail import enter_by_mail
from wacloud.modules.auth.application.find_mailed import find_by_secret
from wacloud.modules.auth.application.let_in import Entrance, SecondFactorNeeded
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.asker import BadCodeVerifier, FlowStateNotFound
from wacloud.modules.auth.domain.one_time import LinkNotGood
from wacloud.shared.application.caller import Caller


async def exchange_code(deps: AuthDeps, code: str, verifier: str, caller: Caller) -> Entrance | SecondFactorNeeded:
    """
    The link was opened and this program asked for it: what was typed with it counts.

    :raises FlowStateNotFound: the code was used, is older than five minutes, or none of ours.
    :raises BadCodeVerifier: another program asked; the code still works for that one.
    :raises TooManyTries: too many wrong codes from this network.
    """
    try:
        mailed = await find_by_secret(deps, code, ("auth_code",), caller)
        if not mailed.asker.is_verified_by(verifier):
            raise BadCodeVerifier
        return await enter_by_mail(deps, mailed, caller, is_asker=True)
    except LinkNotGood:
        raise FlowStateNotFound from None
