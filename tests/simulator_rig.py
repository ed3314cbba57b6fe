"""
What tests of the phone share: a Graph twin in a process of its own, and a small shop behind the phone's page.

The shop is no part of the product: it takes the twin's webhooks, marks them as read, types a while and answers
through the Graph API, once for all that was written meanwhile.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

import wacloud
from limits_off import limits_off
from wacloud.modules.whatsapp.application.simulate import SimulatedNumber
from wacloud.modules.whatsapp.infra.simulated_phones import TwinPhones
from wacloud.modules.whatsapp.ui import simulator_pages
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import BusinessId, UserId
from wacloud.shared.ui import static_files
from wacloud.shared.ui.errors import install_errors
from wacloud.shared.ui.guard import Carrier, Member, Person, install_guard

BUSINESS = BusinessId(UUID("00000000-0000-4000-8000-000000000001"))
NUMBER = SimulatedNumber("700001", "+34 910 000 001", "Panadería La Espiga")
OTHER_NUMBER = SimulatedNumber("700002", "+34 910 000 002", "Otro negocio")
TOKEN = "of-the-shop"
CSP = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' data: blob:; frame-ancestors 'none'"
PEOPLE = (
    {"name": "Rosa Núñez", "wa_id": "34600111201"},
    {"name": "Iván Prieto", "wa_id": "34600111202"},
    {"name": "Carmen Ferrer", "wa_id": "34600111203", "username": "carmen.ferrer", "hides_phone": True},
    {"name": "Hugo Blanco", "wa_id": "34600111204"},
)
BUTTONS = {
    "type": "button",
    "body": {"text": "¿Cuándo quieres recoger la tarta?"},
    "action": {
        "buttons": [
            {"type": "reply", "reply": {"id": "fri", "title": "Viernes"}},
            {"type": "reply", "reply": {"id": "sat", "title": "Sábado"}},
        ]
    },
}
LIST = {
    "type": "list",
    "header": {"type": "text", "text": "Nuestras tartas"},
    "body": {"text": "Estas son las tartas de esta semana. ¿Cuál te apunto?"},
    "action": {
        "button": "Ver tartas",
        "sections": [
            {
                "title": "De siempre",
                "rows": [
                    {"id": "queso", "title": "Tarta de queso", "description": "8 raciones, 24 €"},
                    {"id": "santiago", "title": "Tarta de Santiago", "description": "10 raciones, 22 €"},
                ],
            },
            {"title": "De temporada", "rows": [{"id": "castana", "title": "Castaña y chocolate"}]},
        ],
    },
}


class OneMember:
    """Whoever comes is the owner of the shop, unless the test says they may less."""

    role = "owner"

    async def person(self, token: str, carrier: Carrier) -> Person:
        raise NotSignedIn

    async def member(self, token: str, carrier: Carrier) -> Member:
        if token != TOKEN:
            raise NotSignedIn
        user_id = UserId(UUID("00000000-0000-4000-8000-0000000000aa"))
        name = "Elena Soto"
        return Member(user_id, BUSINESS, self.role, name, "elena@example.com", NUMBER.verified_name, "es")


_BODY = {"type": "BODY", "text": "Lo nuevo del obrador, esta semana."}
_PRODUCT_CARD = {
    "components": [
        {"type": "HEADER", "format": "PRODUCT"},
        {"type": "BUTTONS", "buttons": [{"type": "SPM", "text": "View"}]},
    ]
}


def _template(name: str, *components: dict[str, Any], category: str = "MARKETING") -> dict[str, Any]:
    return {"name": name, "language": "es", "category": category, "components": list(components)}


def _with(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(buttons)}


_LINK = {"type": "URL", "text": "Ver tartas", "url": "https://example.com/tartas"}
_ONE_TAP = {"type": "OTP", "otp_type": "ONE_TAP", "supported_apps": []}
# Offers, the catalogue, products and codes, as Meta approved them.
TEMPLATES = [
    _template(
        "oferta",
        {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Solo hoy", "has_expiration": True}},
        _BODY,
        _with({"type": "COPY_CODE", "example": "TARTA25"}, _LINK),
    ),
    _template("catalogo", _BODY, _with({"type": "CATALOG", "text": "View catalog"})),
    _template(
        "varios",
        {"type": "HEADER", "format": "TEXT", "text": "Nuestras tartas"},
        _BODY,
        _with({"type": "MPM", "text": "View items"}),
    ),
    _template("tarjetas", _BODY, {"type": "CAROUSEL", "cards": [_PRODUCT_CARD] * 2}),
    _template("codigo", {"type": "BODY", "text": "Tu código es {{1}}."}, _with(_ONE_TAP), category="AUTHENTICATION"),
]


@dataclass(slots=True)
class Shop:
    """The rig in hand: `calls` are the messages of its webhooks, `status` is what those get."""

    base_url: str = ""
    graph_url: str = ""
    member: OneMember = field(default_factory=OneMember)
    calls: list[dict[str, Any]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    status: int = 200
    types_for_s: float = 0.5
    number: SimulatedNumber | None = NUMBER
    others: tuple[SimulatedNumber, ...] = ()
    http: aiohttp.ClientSession = field(init=False)
    phones: TwinPhones = field(init=False)
    waiting: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def twin(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        async with self.http.request(method, f"{self.graph_url}/_twin/{path}", json=body) as response:
            return dict(await response.json())

    async def webhook(self, request: Request) -> Response:
        if self.status != 200:
            return Response(status_code=self.status)
        for entry in (await request.json())["entry"]:
            for change in entry["changes"]:
                for message in change["value"].get("messages", ()):
                    self.hear(message)
        return Response()

    def hear(self, message: dict[str, Any]) -> None:
        self.calls.append(message)
        if message["type"] in ("reaction", "edit", "revoke"):
            return
        who = message["from_user_id"]
        if who in self.waiting:
            self.waiting[who].cancel()
        self.waiting[who] = asyncio.create_task(self.answer(message))

    async def answer(self, message: dict[str, Any]) -> None:
        read = {"messaging_product": "whatsapp", "status": "read", "message_id": message["id"]}
        await self.graph({**read, "typing_indicator": {"type": "text"}})
        await asyncio.sleep(self.types_for_s)
        content = reply_to(message)
        await self.graph({"messaging_product": "whatsapp", "recipient": message["from_user_id"], **content})
        self.answers.append(content.get("text", {}).get("body", content["type"]))

    async def graph(self, body: Mapping[str, Any]) -> None:
        url = f"{self.graph_url}/v26.0/{NUMBER.phone_number_id}/messages"
        headers = {"authorization": "Bearer token-of-the-shop"}
        async with self.http.post(url, json=dict(body), headers=headers) as response:
            assert response.status == 200, await response.text()


def reply_to(message: dict[str, Any]) -> dict[str, Any]:
    text = message.get("text", {}).get("body", "").lower()
    chosen = message.get("interactive", {})
    title = (chosen.get("button_reply") or chosen.get("list_reply") or {}).get("title")
    if title:
        return _text(f"Apuntado: *{title}*. ¡Gracias!")
    if "tarta" in text or "cake" in text:
        return {"type": "interactive", "interactive": LIST}
    if "recoger" in text or "pick" in text:
        return {"type": "interactive", "interactive": BUTTONS}
    if message["type"] == "image":
        return _text("¡Qué buena pinta! ¿Para cuántas personas sería?")
    if message["type"] == "audio":
        return _text("He escuchado tu nota. Un momento, que lo miro con el obrador.")
    if message["type"] == "location":
        return _text("Estás a 6 minutos andando. Hasta ahora.")
    return _text("Abrimos de *lunes a sábado* de 7:30 a 20:30, y los domingos hasta las 15:00.")


def _text(body: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": body}}


def app_of(shop: Shop, phones: TwinPhones) -> FastAPI:
    app = FastAPI()
    app.state.demo_pages = True

    async def numbers_of(business_id: BusinessId) -> list[SimulatedNumber]:
        return [one for one in (shop.number, *shop.others) if one] if business_id == BUSINESS else []

    install_errors(app)
    app.state.limits = limits_off()
    install_guard(app, authenticator=shop.member, base_url="http://127.0.0.1")
    app.include_router(static_files.routes())
    app.include_router(simulator_pages.routes(phones, numbers_of))
    app.add_api_route("/api/webhooks/whatsapp", shop.webhook, methods=["POST"])
    app.add_api_route("/inbox", lambda: JSONResponse({}), methods=["GET"])

    @app.middleware("http")
    async def with_policy(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers.setdefault("content-security-policy", CSP)
        return response

    return app


def world(callback_url: str) -> dict[str, Any]:
    def number(of: SimulatedNumber) -> dict[str, str]:
        return {
            "phone_number_id": of.phone_number_id,
            "display_phone_number": of.display_phone_number,
            "verified_name": of.verified_name,
        }

    return {
        "app_id": "1",
        "app_secret": "secret-of-the-shop",
        "verify_token": "verify-the-shop",
        "callback_url": callback_url,
        "wabas": [
            {
                "waba_id": "900001",
                "name": NUMBER.verified_name,
                "access_token": "token-of-the-shop",
                "numbers": [number(NUMBER), number(OTHER_NUMBER)],
                "templates": TEMPLATES,
            }
        ],
        "customers": list(PEOPLE),
    }


@contextlib.asynccontextmanager
async def twin_process(folder: Path, callback_url: str) -> AsyncIterator[str]:
    """The twin as the demo starts it; yields its address."""
    file = folder / "world.json"
    file.write_bytes(msgspec.json.encode(world(callback_url)))
    command = (sys.executable, "-m", "wacloud.twins.graph", "--port", "0", "--world", str(file))
    # Found from the source tree too, where the package is not installed.
    env = os.environ | {"PYTHONPATH": str(Path(wacloud.__file__).parents[1])}
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=env)
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        yield line.split()[-1]
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def opened_shop(folder: Path, port: int = 0) -> AsyncIterator[Shop]:
    """Everything running on loopback, with three real borders between page, routes and twin."""
    shop = Shop()
    server_config = {
        "host": "127.0.0.1",
        "log_level": "warning",
        "timeout_graceful_shutdown": 3,
        "lifespan": "off",
    }
    async with aiohttp.ClientSession() as session:
        shop.http = session
        listening = uvicorn.Config(lambda *_: None, port=port, **server_config).bind_socket()
        shop.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with twin_process(folder, f"{shop.base_url}/api/webhooks/whatsapp") as graph_url:
            shop.graph_url = graph_url
            phones = shop.phones = TwinPhones(session, graph_url)
            server = uvicorn.Server(uvicorn.Config(app_of(shop, phones), port=port, **server_config))
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            while not server.started:
                await asyncio.sleep(0.01)
            try:
                yield shop
            finally:
                phones.close()
                for task in shop.waiting.values():
                    task.cancel()
                server.should_exit = True
                await serving
                listening.close()
