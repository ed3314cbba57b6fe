"""The page that plays the customers: people, their phone, and what happens to what they write."""

import re
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from wacloud.modules.whatsapp.application.simulate import (
    NoNumberToWriteTo,
    NotWritable,
    PhonesUnreachable,
    SimulatedNumber,
    SimulatedPerson,
    SimulatedPhones,
)
from wacloud.modules.whatsapp.ui.simulator_messages import (
    LARGEST_BODY,
    Edit,
    NewPerson,
    PhoneMessage,
    Revoke,
)
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId, UserId
from wacloud.shared.domain.phone import display_phone, e164
from wacloud.shared.ui.bodies import StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import N_
from wacloud.shared.ui.pages import hue, initials, render
from wacloud.shared.ui.permissions import Permission

NumbersOf = Callable[[BusinessId], Awaitable[Sequence[SimulatedNumber]]]
QuestionsOf = Callable[[BusinessId], Awaitable[Sequence[str]]]
CountsOf = Callable[[UserId, BusinessId], Awaitable[dict[str, int]]]

EDITABLE_FOR = timedelta(minutes=15)
MOST_QUESTIONS = 4
# Whatever a file claims to be, only these are shown in the page's own origin; all else is downloaded.
SHOWN_TYPES = re.compile(r"(image/(jpeg|png|webp)|audio/(ogg|mp4|mpeg|aac|amr)|video/(mp4|3gpp))(;.*)?")

QUESTIONS = (
    N_("What time do you open?"),
    N_("Do you have gluten-free bread?"),
    N_("Can I order a cake for Saturday?"),
    N_("Where are you?"),
)
BURST = (
    N_("Hi!"),
    N_("I have a question"),
    N_("do you have cheesecake?"),
    N_("it would be for 8 people, on Saturday"),
)
PLACES: tuple[dict[str, Any], ...] = (
    {
        "name": "Puerta del Sol",
        "address": "Puerta del Sol, 28013 Madrid",
        "latitude": 40.416935,
        "longitude": -3.703791,
    },
    {
        "name": "Parque de El Retiro",
        "address": "Plaza de la Independencia, 7, 28001 Madrid",
        "latitude": 40.415261,
        "longitude": -3.684415,
    },
    {
        "name": "Estación de Atocha",
        "address": "Plaza del Emperador Carlos V, 28045 Madrid",
        "latitude": 40.406517,
        "longitude": -3.690614,
    },
    {
        "name": "Plaza de Olavide",
        "address": "Plaza de Olavide, 28010 Madrid",
        "latitude": 40.433086,
        "longitude": -3.700764,
    },
)
CONTACTS = (
    {"name": "Marta Ruiz", "phone": display_phone("34600000191")},
    {"name": "Javier Ortega", "phone": display_phone("34600000192")},
    {"name": "Lucía Campos", "phone": display_phone("34600000193")},
)
PHOTOS = (
    ("cake", N_("Cake")),
    ("bread", N_("Bread")),
    ("receipt", N_("Receipt")),
    ("shop", N_("Shop window")),
)

_CHOSEN: Final = "simulated_number"
PersonId = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9._:+-]+$")]
MediaId = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_-]+$")]
Player = Annotated[Member, Depends(requires(Permission.SIMULATE))]


def routes(
    phones: SimulatedPhones,
    numbers_of: NumbersOf,
    questions_of: QuestionsOf | None = None,
    counts_of: CountsOf | None = None,
) -> APIRouter:
    """
    `/simulator`: mounted only where the product is tried, never where real customers write.

    `counts_of` tells the navigation who waits; where it is missing, nothing is told.
    """
    router = APIRouter(
        prefix="/simulator", include_in_schema=False, route_class=StrictJsonRoute, max_body_size=LARGEST_BODY
    )

    async def number(request: Request, member: Player) -> SimulatedNumber:
        found = _chosen(await numbers_of(member.business_id), request.cookies.get(_CHOSEN, ""))
        if found is None:
            raise NoNumberToWriteTo
        return found

    Number = Annotated[SimulatedNumber, Depends(number)]  # noqa: N806 (a type, as its name says)

    @router.get("")
    async def page(
        request: Request, member: Player, to: Annotated[str, Query(max_length=40, pattern=r"^[0-9]*$")] = ""
    ) -> Response:
        """The page says in a line what is missing rather than failing; `to` is the number it writes to from now on."""
        numbers = await numbers_of(member.business_id)
        found = _chosen(numbers, to or request.cookies.get(_CHOSEN, ""))
        people: Sequence[SimulatedPerson] = ()
        is_reachable = True
        try:
            people = await phones.people()
        except PhonesUnreachable:
            is_reachable = False
        asked = tuple(await questions_of(member.business_id))[:MOST_QUESTIONS] if questions_of else ()
        answer = render(
            request,
            "whatsapp/simulator.html",
            member=member,
            number=found,
            numbers=numbers,
            counts=await counts_of(member.user_id, member.business_id) if counts_of else {},
            people=[_row(person) for person in people],
            is_reachable=is_reachable,
            questions=asked or QUESTIONS,
            burst=BURST,
            places=PLACES,
            contacts=CONTACTS,
            photos=PHOTOS,
        )
        if to and found is not None:
            _remember(request, answer, found)
        return answer

    @router.post("/people")
    async def add_person(member: Player, person: Annotated[NewPerson, Body()]) -> Response:
        phone = None
        if person.phone is not None and not person.hides_phone:
            phone = e164(person.phone, "ES")
            if phone is None:
                raise NotWritable("This is not a phone number.", field="phone")
        username = person.username
        if person.hides_phone and username is None:
            username = username_from(person.name)
        added = await phones.add(
            name=person.name,
            phone=phone.lstrip("+") if phone else None,
            username=username,
            hides_phone=person.hides_phone,
        )
        return JSONResponse(_row(added), 201)

    @router.post("/{person}/messages")
    async def write(number: Number, person: PersonId, message: Annotated[PhoneMessage, Body()]) -> Response:
        if isinstance(message, Edit | Revoke):
            check_own(await phones.thread(number, person), message, datetime.now(UTC))
        written = await phones.write(number, person, message.as_meta())
        webhook = written.webhook
        answer = None
        if webhook is not None:
            answer = {"status": webhook.status, "ms": round(webhook.ms, 1), "error": webhook.error}
        return JSONResponse({"wamid": written.wamid, "webhook": answer})

    @router.get("/{person}/thread")
    async def thread(number: Number, person: PersonId) -> Response:
        return JSONResponse(await phones.thread(number, person), headers={"cache-control": "no-store"})

    @router.get("/{person}/events")
    async def events(number: Number, person: PersonId, reading: Annotated[bool, Query()] = False) -> Response:
        stream = await phones.watch(number, person, reading=reading)
        return StreamingResponse(
            _until_gone(stream),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    @router.get("/media/{media_id}")
    async def media(number: Number, media_id: MediaId) -> Response:
        found = await phones.file(number, media_id)
        if found is None:
            raise NotFound
        headers = {
            "cache-control": "private, max-age=3600",
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
        }
        if not SHOWN_TYPES.fullmatch(found.mime_type):
            headers["content-disposition"] = "attachment"
        mime_type = found.mime_type or "application/octet-stream"
        return Response(found.content, media_type=mime_type, headers=headers)

    return router


def check_own(thread: dict[str, Any], message: Edit | Revoke, now: datetime) -> None:
    """
    A phone changes only what was written on it, and a text only for a quarter of an hour.

    :raises NotWritable: it is somebody else's, gone, not a text, or too old.
    """
    own = next((m for m in thread["messages"] if m["wamid"] == message.message_id), None)
    if own is None or own["from"] != "customer" or own["revoked"]:
        raise NotWritable("Only a message of this person can be changed.")
    if isinstance(message, Edit):
        if own["type"] != "text":
            raise NotWritable("Only a text can be edited.")
        if now - datetime.fromtimestamp(own["timestamp"], UTC) > EDITABLE_FOR:
            raise NotWritable("A message can be edited for 15 minutes.")


def username_from(name: str) -> str:
    """`Rosa Núñez` becomes `rosa.nunez`: what a username may hold, and never too short."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9_]+", plain)
    made = ".".join(words)[:35].strip(".")
    return made if len(made) >= 3 and re.search("[a-z]", made) else f"persona.{made}".strip(".")


def _row(person: SimulatedPerson) -> dict[str, Any]:
    phone = display_phone(person.phone)
    return {
        "id": person.id,
        "name": person.name,
        "phone": phone,
        "line": f"@{person.username}" if person.hides_phone and person.username else phone,
        "is_hidden": person.hides_phone,
        "initials": initials(person.name),
        # As the inbox colours them, which goes by what the business sees of a person.
        "tone": hue((person.username if person.hides_phone else None) or person.phone),
    }


async def _until_gone(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    # Told at once, so that the page knows the line stands before anything happens on it.
    yield b"retry: 2000\n\n"
    async for events in stream:
        yield events


def _chosen(numbers: Sequence[SimulatedNumber], wanted: str) -> SimulatedNumber | None:
    """The one that was chosen, or the first."""
    return next((one for one in numbers if one.phone_number_id == wanted), numbers[0] if numbers else None)


def _remember(request: Request, answer: Response, number: SimulatedNumber) -> None:
    """It stays chosen while the browser is open."""
    secure = request.url.scheme == "https"
    answer.set_cookie(_CHOSEN, number.phone_number_id, path="/simulator", samesite="lax", secure=secure, httponly=True)
