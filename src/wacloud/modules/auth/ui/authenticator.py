"""The guard's way to this module: a token in, a person or a member out."""

from collections.abc import Sequence

from wacloud.modules.auth.application.identify import identify
from wacloud.modules.auth.application.identify_key import identify_key
from wacloud.modules.auth.application.list_factors import ways_to_prove
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import UserId
from wacloud.shared.ui.guard import Carrier, HeldKey, Member, Person
from wacloud.shared.ui.refusals import EmailNotVerified, NoBusiness, NoLongerMember, SecondFactorRequired


class TokenAuthenticator:
    """See `shared.ui.guard.Authenticator`. A token's purpose is the way it must come."""

    def __init__(self, deps: AuthDeps) -> None:
        self._deps = deps

    async def person(self, token: str, carrier: Carrier) -> Person:
        found = await identify(self._deps, token, carrier)
        return Person(
            found.user.id,
            found.user.name,
            found.user.email,
            found.user.language,
            None if found.is_outside else found.held.id,
            found.held.aal,
            found.user.is_verified,
            found.held.is_fresh(self._deps.clock()),
            found.held.awaits_factor,
            found.membership.business_id if found.membership else None,
            found.membership.business_name if found.membership else "",
            found.has_others,
        )

    async def member(self, token: str, carrier: Carrier) -> Member:
        found = await identify(self._deps, token, carrier)
        if not found.user.is_verified:
            # Before their business: an account that proved nothing yet learns nothing.
            raise EmailNotVerified
        if found.held.awaits_factor:
            raise SecondFactorRequired
        if found.is_removed:
            raise NoLongerMember
        if found.membership is None:
            raise NoBusiness
        return Member(
            user_id=found.user.id,
            business_id=found.membership.business_id,
            role=found.membership.role,
            name=found.user.name,
            email=found.user.email,
            business_name=found.membership.business_name,
            language=found.user.language,
            time_zone=found.membership.time_zone,
            has_others=found.has_others,
            session_id=None if found.is_outside else found.held.id,
            aal=found.held.aal,
            is_verified=found.user.is_verified,
            is_fresh=found.held.is_fresh(self._deps.clock()),
            is_closing=found.membership.erase_at is not None,
            demands_second_factor=found.membership.demands_second_factor,
        )

    async def ways_to_prove(self, user_id: UserId) -> Sequence[str]:
        return await ways_to_prove(self._deps, user_id)

    async def holder(self, key: str, caller: Caller) -> Member:
        found = await identify_key(self._deps, key, caller)
        return Member(
            user_id=found.user.id,
            business_id=found.membership.business_id,
            role=found.membership.role,
            name=found.user.name,
            email=found.user.email,
            business_name=found.membership.business_name,
            language=found.user.language,
            time_zone=found.membership.time_zone,
            is_closing=found.membership.erase_at is not None,
            # A key shows no second factor; it is let in if whoever made it could.
            demands_second_factor=found.lacks_factor,
            key=HeldKey(found.key.id, found.key.name, found.key.scopes),
        )
