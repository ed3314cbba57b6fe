"""`/auth/v1` for whoever is signed in: themselves, and the way out."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from wacloud.modules.auth.application.change_email import ask_new_email
from wacloud.modules.auth.application.change_password import set_password
from wacloud.modules.auth.application.list_factors import list_factors
from wacloud.modules.auth.application.list_sessions import list_sessions
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.prove_again import mail_proof, prove_again
from wacloud.modules.auth.application.sign_out import sign_out
from wacloud.modules.auth.ui.account_api import session_of
from wacloud.modules.auth.ui.supabase_api import RedirectTo, asker_of, supabase_router, told
from wacloud.modules.auth.ui.supabase_errors import Refused
from wacloud.modules.auth.ui.supabase_shapes import Nothing, SupabaseUser, UserChange, last_used, user_of
from wacloud.modules.user.api import ProfileChange, change_profile, find_user
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import UserId
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Person, signed_in
from wacloud.shared.ui.limits import limited

# Open before the second factor as well: a client has to know which there are, and how to get out.
Someone = Annotated[Person, signed_in(unverified=True, awaiting=True)]
Confirmed = Annotated[Person, signed_in()]


def routes(deps: AuthDeps) -> APIRouter:
    """The routes for whoever is signed in."""
    router = supabase_router()

    @router.get(
        "/user",
        operation_id="supabase_get_user",
        summary="Oneself",
        response_model=SupabaseUser,
        response_description="The person whose token it is.",
        responses=told(403),
    )
    async def get_user(person: Someone) -> object:
        """Who one is, as the database knows it now."""
        return await _user(person.user_id)

    @router.put(
        "/user",
        operation_id="supabase_change_user",
        summary="Change oneself",
        response_model=SupabaseUser,
        response_description="How one is now. Another address counts once the mail to it was opened.",
        responses=told(403),
        dependencies=[limited("supabase_mail")],
    )
    async def change_user(
        body: UserChange, person: Confirmed, request: Request, redirect_to: RedirectTo = None
    ) -> object:
        """
        Name and language; or password and address, with `current_password`, with a mailed code as `nonce`, or within
        a quarter of an hour after signing in. With a second factor only the last counts.
        """
        caller = caller_of(request)
        if body.phone:
            raise Refused(400, "phone_provider_disabled", "Telephone numbers are not enabled here")
        if body.password or (body.email and body.email.strip().lower() != person.email):
            asker = asker_of(deps, body, redirect_to)
            user = await prove_again(
                deps,
                person.user_id,
                session_of(person),
                caller,
                password=body.current_password or "",
                code=body.nonce or "",
            )
            if body.password:
                await set_password(deps, user, session_of(person), body.password, caller, must_differ=True)
            if body.email:
                request.state.sends_mail = True
                await ask_new_email(deps, user, body.email, caller, asker)
        if body.data is not None:
            change = ProfileChange(body.data.name or body.data.full_name, body.data.language)
            await change_profile(deps.users, person.user_id, change, caller=caller)
        return await _user(person.user_id)

    @router.post(
        "/logout",
        status_code=204,
        operation_id="supabase_logout",
        summary="Sign out",
        response_description="The sessions have ended.",
        responses=told(403),
    )
    async def logout(
        person: Someone, request: Request, scope: Annotated[Literal["global", "local", "others"], Query()] = "global"
    ) -> None:
        """End all sessions of the person (`global`), this one (`local`), or all others (`others`)."""
        await sign_out(deps, person.user_id, session_of(person), caller_of(request), scope)

    @router.get(
        "/reauthenticate",
        operation_id="supabase_reauthenticate",
        summary="Mail a code",
        response_model=Nothing,
        response_description="A code for `nonce` is on its way.",
        responses=told(403),
        dependencies=[limited("supabase_mail")],
    )
    async def reauthenticate(person: Confirmed, request: Request) -> object:
        """Mail a code, with which a password or an address may be changed."""
        request.state.sends_mail = True
        await mail_proof(deps, person.user_id, caller_of(request))
        return Nothing()

    async def _user(user_id: UserId) -> SupabaseUser:
        async with deps.db.member(user_id, read_only=True) as tx:
            user = await find_user(deps.users, tx, user_id)
        if user is None:
            raise NotSignedIn
        known, held = await list_factors(deps, user_id), await list_sessions(deps, user_id)
        return user_of(user, last_sign_in_at=last_used(held), factors=known.factors)

    return router
