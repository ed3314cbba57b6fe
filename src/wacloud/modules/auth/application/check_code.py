"""Is this the code of one of their apps, or one of their backup codes? Counted, and good once."""

from wacloud.modules.auth.application.guess import guess
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.tell_factor_change import tell_factor_change
from wacloud.modules.auth.domain.factor import CodeNotGood, FactorMethod, bare, is_backup_code
from wacloud.modules.auth.domain.guessing import FACTORS_OF_ACCOUNT, FACTORS_OF_ACCOUNT_HOURLY, of_account
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.user.api import find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import UserId


async def check_code(deps: AuthDeps, user_id: UserId, code: str, caller: Caller) -> FactorMethod:
    """
    Which kind it was. Both kinds are counted together, whatever sign-in and address they come from.

    :raises CodeNotGood: it is neither, or it was used before.
    :raises TooManyTries: too many were wrong lately; this one was not looked at.
    """
    async with guess(
        deps,
        of_account(FACTORS_OF_ACCOUNT, str(user_id)),
        of_account(FACTORS_OF_ACCOUNT_HOURLY, str(user_id)),
    ):
        if is_backup_code(code):
            is_right = await _use_backup_code(deps, user_id, bare(code), caller)
        else:
            is_right = await _use_totp(deps, user_id, bare(code))
        if not is_right:
            await note_refusal(deps, user_id, caller)
            raise CodeNotGood
    return "backup_code" if is_backup_code(code) else "totp"


async def note_refusal(deps: AuthDeps, user_id: UserId, caller: Caller, because: str = "code") -> None:
    """Somebody who got this far knows the password: the log says so."""
    async with deps.db.system("a second factor was refused") as tx:
        await record_audit(
            deps.businesses,
            tx,
            AuditEntry(
                action="auth.factor_refused", actor_kind="unknown", user_id=user_id, detail={"because": because}
            ),
            caller=caller,
        )


async def _use_totp(deps: AuthDeps, user_id: UserId, code: str) -> bool:
    now = deps.clock()
    async with deps.db.system("use the code of an app") as tx:
        for known in await deps.factors.totp_secrets(tx, user_id):
            step = deps.totp.step_of(known.secret, code, now)
            if known.factor.confirmed_at is not None and step is not None:
                return await deps.factors.use_step(tx, known.factor.id, step, now)
    return False


async def _use_backup_code(deps: AuthDeps, user_id: UserId, code: str, caller: Caller) -> bool:
    async with deps.db.system("look for a backup code") as tx:
        codes = await deps.backup_codes.usable(tx, user_id)
    for known in codes:
        if await deps.passwords.verify(known.hash, code):
            break
    else:
        return False
    async with deps.db.system("use a backup code") as tx:
        user = await find_user(deps.users, tx, user_id)
        if user is None or not await deps.backup_codes.use(tx, known):
            return False
        await tell_factor_change(deps, tx, user, "backup_code_used", caller)
    return True
