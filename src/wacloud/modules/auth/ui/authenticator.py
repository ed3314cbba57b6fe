"""The guard's way to this module: a token in, a person or a member out."""

from wacloud.modules.auth.application.identify import identify_member, identify_person
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.shared.ui.guard import Carrier, Member, NoBusiness, Person


class TokenAuthenticator:
    """See `shared.ui.guard.Authenticator`. A token's purpose is the way it must come."""

    def __init__(self, deps: AuthDeps) -> None:
        self._deps = deps

    async def person(self, token: str, carrier: Carrier) -> Person:
        user = await identify_person(self._deps, token, carrier)
        return Person(user.id, user.name, user.email, user.language)

    async def member(self, token: str, carrier: Carrier) -> Member:
        user, membership = await identify_member(self._deps, token, carrier)
        if membership is None:
            raise NoBusiness
        return Member(
            user_id=user.id,
            business_id=membership.business_id,
            role=membership.role,
            name=user.name,
            email=user.email,
            business_name=membership.business_name,
            language=user.language,
            time_zone=membership.time_zone,
            is_closing=membership.erase_at is not None,
        )
