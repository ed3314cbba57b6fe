"""A new person with a new business: they can sign in, and own it."""

from dataclasses import dataclass

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.password_rules import check_password
from wacloud.modules.business.api import create_business
from wacloud.modules.user.api import add_user
from wacloud.shared.domain.ids import BusinessId, UserId


@dataclass(frozen=True, slots=True)
class Account:
    """The two that were made."""

    user_id: UserId
    business_id: BusinessId


async def open_account(
    deps: AuthDeps,
    *,
    name: str,
    email: str,
    password: str,
    business_name: str,
    language: str = "es",
    time_zone: str = "Europe/Madrid",
) -> Account:
    """
    Make the person, their password and their business: all of it or nothing. Whoever may call this (the operator)
    answers for the address: it counts as verified.

    :raises AppError: the password will not do, the address is taken or none, the business's name or zone will not do.
    """
    check_password(password, name, email, business_name)
    password_hash = await deps.passwords.hash(password)
    async with deps.db.system("open an account") as tx:
        user_id = await add_user(deps.users, tx, name=name, email=email, language=language, verified_at=deps.clock())
        await deps.credentials.put(tx, user_id, password_hash, deps.clock())
        business_id = await create_business(
            deps.businesses, tx, owner_id=user_id, name=business_name, language=language, time_zone=time_zone
        )
    return Account(user_id, business_id)
