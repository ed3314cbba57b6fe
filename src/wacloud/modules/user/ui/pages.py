"""`/profile`: what a person is called, how they like things, what they want to be told, and the way out."""

from functools import cache
from typing import Annotated, Final
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.user.application.change_profile import ProfileChange, change_profile
from wacloud.modules.user.application.export_person import export_person
from wacloud.modules.user.application.leave import leave
from wacloud.modules.user.application.ports import UserDeps
from wacloud.modules.user.domain.user import Notifications, canonical_email
from wacloud.modules.user.ui.json_api import export_response
from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Person, signed_in
from wacloud.shared.ui.i18n import N_
from wacloud.shared.ui.pages import LANGUAGE_COOKIE, Shown, remember, render
from wacloud.shared.ui.same_site import session_cookie

LARGEST_FORM = 16 * 1024
# Zones of the places people live in; the rest of the database is old names and offsets.
_CONTINENTS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)
# First those most of our people live in.
_USUAL: Final = (
    "Europe/Madrid",
    "Atlantic/Canary",
    "America/Mexico_City",
    "America/Bogota",
    "America/Lima",
    "America/Santiago",
    "America/Argentina/Buenos_Aires",
)
CHOICES: Final = (
    ("handover_waiting", N_("A customer waits for a person"), N_("When the bot hands a conversation over.")),
    ("mentions", N_("A colleague mentions you"), N_("When somebody writes @ and your name in a note.")),
    ("usage_alerts", N_("The plan's limit is near"), N_("Before messages run out, not afterwards.")),
    ("weekly_digest", N_("The week in one mail"), N_("On Mondays: conversations, answers, waiting times.")),
    ("product_news", N_("What is new"), N_("Now and then, when there is something to tell.")),
)


class AddressNotRepeated(AppError):
    """To leave, write your own e-mail address exactly as it is shown above."""


def routes(deps: UserDeps) -> APIRouter:
    """The pages of this module."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    async def page(
        request: Request, person: Person, *, refusal: AppError | None = None, part: str = "", typed: str | None = None
    ) -> Response:
        user = await deps.reader.oneself(person.user_id)
        if user is None:
            raise NotFound
        return render(
            request,
            "user/profile.html",
            422 if refusal else 200,
            member=Shown(user.id, user.name, person.business_name, user.language, user.time_zone, person.has_others),
            user=user,
            name=user.name if typed is None else typed,
            usual=_USUAL,
            zones=_zones(),
            choices=CHOICES,
            chosen=user.notifications.as_dict(),
            refusal=refusal.message if refusal else None,
            refused_part=part,
            saved=request.query_params.get("saved", "") if not refusal else "",
        )

    @router.get("/profile")
    async def profile(request: Request, person: Annotated[Person, signed_in()]) -> Response:
        return await page(request, person)

    @router.post("/profile")
    async def save_profile(
        request: Request,
        person: Annotated[Person, signed_in()],
        name: Annotated[str, Form()] = "",
        language: Annotated[str, Form()] = "",
        time_zone: Annotated[str, Form()] = "",
    ) -> Response:
        change = ProfileChange(name, language, time_zone)
        try:
            user = await change_profile(deps, person.user_id, change, caller=caller_of(request))
        except AppError as refusal:
            return await page(request, person, refusal=refusal, part="profile", typed=name[:200])
        response = RedirectResponse("/profile?saved=profile", 303)
        # The page's own switch of languages may say something else in this browser; this is the later word.
        remember(request, response, LANGUAGE_COOKIE, user.language)
        return response

    @router.post("/profile/notifications")
    async def save_notifications(request: Request, person: Annotated[Person, signed_in()]) -> Response:
        form = await request.form()
        chosen = Notifications(**{name: name in form for name, _, _ in CHOICES})
        await change_profile(deps, person.user_id, ProfileChange(notifications=chosen), caller=caller_of(request))
        return RedirectResponse("/profile?saved=notifications", 303)

    @router.get("/profile/export")
    async def export(request: Request, person: Annotated[Person, signed_in(fresh=True)]) -> Response:
        return export_response(await export_person(deps, person.user_id, caller=caller_of(request)))

    @router.post("/profile/leave")
    async def leave_us(
        request: Request, person: Annotated[Person, signed_in(fresh=True)], email: Annotated[str, Form()] = ""
    ) -> Response:
        try:
            if canonical_email(email) != canonical_email(person.email):
                raise AddressNotRepeated
            await leave(deps, person.user_id, caller=caller_of(request))
        except AppError as refusal:
            return await page(request, person, refusal=refusal, part="leave")
        base_url: str = request.app.state.base_url
        response = RedirectResponse("/login", 303, {"cache-control": "no-store"})
        response.delete_cookie(
            session_cookie(base_url), path="/", secure=base_url.startswith("https://"), httponly=True, samesite="lax"
        )
        return response

    return router


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(z for z in available_timezones() if z.startswith(_CONTINENTS) and z not in _USUAL))
