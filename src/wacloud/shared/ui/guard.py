"""
Who may use a route. Deny by default: `declared.undeclared_routes` finds every route that does not say it.

A FastAPI route says it with a dependency, and gets the person who asks. What `requires` and the others return
is used as it is, or inside `Depends(...)`:

    async def inbox(member: Annotated[Member, requires(Permission.INBOX_READ)]) -> ...
    async def hand_over(member: Annotated[Member, requires(Permission.OWNERSHIP_TRANSFER, fresh=True)]) -> ...
    @router.get("/healthz", dependencies=[public()])

A plain Starlette endpoint says it with a decorator, and finds the person in `request.state.member`:

    @guarded(requires(Permission.INBOX_READ))
    async def stream(request: Request) -> Response: ...

Anything that cannot be decorated (a mounted app, the route of a framework) is marked with `declare`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol, TypeVar

from fastapi import params
from starlette.requests import HTTPConnection
from starlette.responses import Response

from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.errors import AppError, BusinessClosing, NotAllowed, NotSignedIn
from wacloud.shared.domain.ids import ApiKeyId, BusinessId, SessionId, UserId
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.permissions import FOR_KEYS, ROLES, WHILE_CLOSING, Permission
from wacloud.shared.ui.refusals import (
    EmailNotVerified,
    NotForApiKeys,
    ScopeMissing,
    SecondFactorDemanded,
    SecondFactorRequired,
    StepUpRequired,
)
from wacloud.shared.ui.same_site import refuse_cross_site, session_cookie

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
DECLARED = "__access__"

Thing = TypeVar("Thing")
Endpoint = Callable[[Any], Awaitable[Response]]
# How the token came: in the Authorization header (access), or in a browser's cookie (session).
Carrier = Literal["access", "session"]
API_KEY = "wck_"


@dataclass(frozen=True, slots=True)
class Person:
    """
    Whoever is signed in; they may belong to no business yet.

    `is_fresh`: they proved who they are a moment ago. `awaits_factor`: they have a second factor and have not shown it.
    """

    user_id: UserId
    name: str
    email: str
    language: str
    session_id: SessionId | None = None
    aal: str = "aal1"
    is_verified: bool = True
    is_fresh: bool = True
    awaits_factor: bool = False
    business_id: BusinessId | None = None  # where they act now
    business_name: str = ""
    has_others: bool = False  # more than one business, to choose from


@dataclass(frozen=True, slots=True)
class HeldKey:
    """The API key a program came with."""

    id: ApiKeyId
    name: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Member:
    """A person acting in one business, or with `key` a program of theirs, which has no session."""

    user_id: UserId
    business_id: BusinessId
    role: str
    name: str
    email: str
    business_name: str
    language: str
    time_zone: str = "Europe/Madrid"
    has_others: bool = False  # see `Person`
    session_id: SessionId | None = None
    aal: str = "aal1"
    is_verified: bool = True
    is_fresh: bool = True
    awaits_factor: bool = False
    is_closing: bool = False  # its deletion has been asked for
    demands_second_factor: bool = False  # the business does, of all its members
    key: HeldKey | None = None

    def may(self, permission: Permission) -> bool:
        """A role we do not know may nothing; a business that is closing is only read."""
        return self._is_theirs(permission) and (permission in WHILE_CLOSING or not self.is_closing)

    def check(self, permission: Permission) -> None:
        """
        Let pass whoever may.

        :raises NotAllowed: this is not for their role, or (`ScopeMissing`) not for their key.
        :raises BusinessClosing: it was, but nothing of this business changes any more.
        """
        if self.may(permission):
            return
        if self._is_theirs(permission):
            raise BusinessClosing
        raise ScopeMissing if self.key else NotAllowed

    def check_in_person(self) -> None:
        """:raises NotForApiKeys: this is a program."""
        if self.key:
            raise NotForApiKeys

    def _is_theirs(self, permission: Permission) -> bool:
        """A key may what its maker's role may now, and of that what it was made for."""
        if self.key and not (permission in self.key.scopes and permission in FOR_KEYS):
            return False
        return permission in ROLES.get(self.role, frozenset())


class Authenticator(Protocol):
    """Says whose token this is. A cookie's token is not good in a header, nor the other way round."""

    async def person(self, token: str, carrier: Carrier) -> Person:
        """:raises NotSignedIn: missing, expired, forged, or of a person who is gone."""
        ...

    async def member(self, token: str, carrier: Carrier) -> Member:
        """
        The person, acting in the business their token names.

        :raises NotSignedIn: as above.
        :raises NoLongerMember: they do not belong to that business any more.
        :raises NoBusiness: they belong to none.
        """
        ...

    async def ways_to_prove(self, user_id: UserId) -> Sequence[str]:
        """What they can show at a step-up: `totp`, `passkey`, `backup_code`, or else their `password`."""
        ...

    async def holder(self, key: str, caller: Caller) -> Member:
        """
        The person who made this API key, as their program.

        :raises NotSignedIn: unknown, revoked, expired, or whoever made it is gone: always the same.
        """
        ...


class Access(params.Depends):
    """
    A decision about who may use a route: a FastAPI dependency, enforced when it is called.

    `fresh`: only for whoever proved who they are within the last minutes.
    """

    fresh: bool = False

    def __init__(self, *, fresh: bool = False) -> None:
        super().__init__(dependency=self)
        # The base class is frozen.
        object.__setattr__(self, "fresh", fresh)

    # The dataclass would compare and hash its `dependency`, which is itself.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    async def __call__(self, request: HTTPConnection) -> Any:
        raise NotImplementedError


class Public(Access):
    """Anybody."""

    async def __call__(self, request: HTTPConnection) -> None:
        return None


class SignedByVendor(Access):
    """A vendor: the route itself checks the signature over the raw body."""

    async def __call__(self, request: HTTPConnection) -> None:
        return None


class SignedIn(Access):
    """
    Anybody who is signed in, of whatever business or of none.

    `unverified`: even with an address not verified. `awaiting`: even with a second factor not shown yet.
    `with_password`: the body brings the current password, so only a second factor has to be fresh.
    """

    unverified: bool
    awaiting: bool
    with_password: bool

    def __init__(self, *, unverified: bool, awaiting: bool, fresh: bool, with_password: bool) -> None:
        super().__init__(fresh=fresh)
        for name, value in (("unverified", unverified), ("awaiting", awaiting), ("with_password", with_password)):
            object.__setattr__(self, name, value)

    async def __call__(self, request: HTTPConnection) -> Person:
        if await find_holder(request):
            raise NotForApiKeys
        token, carrier = _token_of(request)
        person = await _authenticator(request).person(token, carrier)
        request.state.language = person.language
        if not person.is_verified and not self.unverified:
            raise EmailNotVerified
        if person.awaits_factor and not self.awaiting:
            raise SecondFactorRequired
        if self.fresh and not (self.with_password and person.aal == "aal1"):
            await check_fresh(request, person)
        request.state.person = person
        request.state.asked_as = f"{person.user_id} "
        return person


class Requires(Access):
    """A member whose role has this permission."""

    permission: Permission

    def __init__(self, permission: Permission, *, fresh: bool = False) -> None:
        super().__init__(fresh=fresh)
        object.__setattr__(self, "permission", permission)

    async def __call__(self, request: HTTPConnection) -> Member:
        member = await find_holder(request) or await _authenticator(request).member(*_token_of(request))
        request.state.language = member.language
        if not member.is_verified:
            raise EmailNotVerified
        if member.awaits_factor:
            raise SecondFactorRequired
        await self.let_in(request, member)
        return member

    async def let_in(self, request: HTTPConnection, member: Member) -> None:
        """
        Note who acts, if they may.

        :raises NotAllowed: this is not for their role.
        :raises BusinessClosing: see `Member.check`.
        :raises SecondFactorDemanded: the business demands one, and they came without.
        :raises StepUpRequired: it takes a fresh proof of who they are.
        """
        if member.demands_second_factor and member.aal == "aal1":
            raise SecondFactorDemanded
        member.check(self.permission)
        if self.fresh:
            member.check_in_person()
            await check_fresh(request, member)
        request.state.member = member
        request.state.key = member.key
        request.state.asked_as = f"{member.key or member.user_id} {member.business_id} {member.role} "


@cache
def public() -> Any:
    """Anybody may use this route."""
    return Public()


@cache
def signed_by_vendor() -> Any:
    """Only a vendor may use this route, which checks the signature itself."""
    return SignedByVendor()


@cache
def signed_in(
    *, unverified: bool = False, awaiting: bool = False, fresh: bool = False, with_password: bool = False
) -> Any:
    """
    Whoever is signed in may use this route; as a dependency it gives the `Person`.

    `unverified` is for what somebody needs until their e-mail address is verified, `awaiting` for what leads to the
    second factor: the rest is closed to them. `fresh` asks for a proof of the last minutes (403 `step_up_required`);
    `with_password`: not of whoever has no second factor, as the body brings their password.
    """
    return SignedIn(unverified=unverified, awaiting=awaiting, fresh=fresh, with_password=with_password)


@cache
def requires(permission: Permission, *, fresh: bool = False) -> Any:
    """
    Members with this permission may use this route; as a dependency it gives the `Member`.

    `fresh` asks for a proof of who they are within the last minutes (403 `step_up_required`).
    """
    return Requires(permission, fresh=fresh)


async def check_fresh(request: HTTPConnection, who: Person | Member) -> None:
    """:raises StepUpRequired: they proved who they are too long ago; `kinds` says what would do."""
    if not who.is_fresh:
        raise StepUpRequired(kinds=list(await _authenticator(request).ways_to_prove(who.user_id)))


async def find_person(request: HTTPConnection) -> Person | None:
    """Whoever looks at a page that anybody may see; None where nobody is signed in, or with an unproved address."""
    try:
        person: Person = await signed_in()(request)
    except AppError:
        return None
    return person


async def find_member(request: HTTPConnection) -> Member | None:
    """The same, acting in a business."""
    try:
        return await _authenticator(request).member(*_token_of(request))
    except AppError:
        return None


async def find_holder(request: HTTPConnection) -> Member | None:
    """
    Who made the API key this request came with, acting in its business; None where it came with something else.

    :raises NotSignedIn: the key is not good.
    :raises NotForApiKeys: it is, but a page is no place for programs.
    """
    if not request.headers.get("authorization", "").partition(" ")[2].lstrip().startswith(API_KEY):
        return None
    token, _ = _token_of(request)
    holder = await _authenticator(request).holder(token, caller_of(request))
    request.state.language = holder.language
    if not request.url.path.startswith("/api/"):
        raise NotForApiKeys
    return holder


def declare(thing: Thing, access: Access) -> Thing:
    """Mark a route, an endpoint or a mounted app with who may use it. It does not enforce anything."""
    setattr(thing, DECLARED, access)
    return thing


def guarded(access: Access) -> Callable[[Endpoint], Endpoint]:
    """Declare a plain Starlette endpoint and enforce it before the endpoint runs."""

    def guard(endpoint: Endpoint) -> Endpoint:
        if isinstance(access, Public | SignedByVendor):
            return declare(endpoint, access)

        async def enforced(request: Any) -> Response:
            await access(request)
            return await endpoint(request)

        enforced.__name__ = getattr(endpoint, "__name__", "endpoint")
        return declare(enforced, access)

    return guard


def install_guard(app: Any, *, authenticator: Authenticator, base_url: str) -> None:
    """Put into `app.state` what the guard needs."""
    app.state.authenticator = authenticator
    app.state.base_url = base_url


def _token_of(request: HTTPConnection) -> tuple[str, Carrier]:
    headers = request.headers.getlist("authorization")
    if headers:
        scheme, _, token = headers[0].partition(" ")
        if len(headers) > 1 or scheme.lower() != "bearer" or not token.strip():
            raise NotSignedIn
        return token.strip(), "access"
    token = request.cookies.get(session_cookie(request.app.state.base_url), "")
    if not token:
        raise NotSignedIn
    # A cookie is sent by the browser whoever made it send the request; a header is not.
    if request.scope["type"] == "websocket" or request.scope["method"] not in SAFE_METHODS:
        refuse_cross_site(request)
    return token, "session"


def _authenticator(request: HTTPConnection) -> Authenticator:
    # What a person sees is for them alone: `errors.RequestBoundary` tells caches not to keep it.
    request.state.is_private = True
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator
