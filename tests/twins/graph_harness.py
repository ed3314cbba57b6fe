"""What tests of the Graph twin share: its world, a callback that records, and a client for both sides."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web

from wacloud.twins.graph.server import TwinServer

PNID = "700800900100200"
WABA = "900100200300400"
TOKEN = "token-one"
CUSTOMER = "34600000001"
SECRET = "s3cr3t"

TEMPLATES: list[dict[str, Any]] = [
    {
        "name": "pedido_listo",
        "language": "es",
        "category": "UTILITY",
        "components": [
            {"type": "BODY", "text": "Hola {{1}}, tu pedido {{2}} está listo."},
            {"type": "FOOTER", "text": "Panadería"},
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Gracias"}]},
        ],
    },
    {
        "name": "pedido_nombre",
        "language": "es",
        "parameter_format": "NAMED",
        "components": [{"type": "BODY", "text": "Hola {{nombre}}."}],
    },
    {
        "name": "oferta",
        "language": "es",
        "category": "MARKETING",
        "components": [{"type": "BODY", "text": "Hoy 2x1"}],
    },
    {"name": "vieja", "language": "es", "status": "REJECTED", "components": []},
    {"name": "pausada", "language": "es", "status": "PAUSED", "components": []},
    {
        "name": "codigo",
        "language": "es",
        "category": "AUTHENTICATION",
        "components": [
            {"type": "BODY", "text": "{{1}}"},
            {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copiar"}]},
        ],
    },
]


def world(callback_url: str) -> dict[str, Any]:
    return {
        "app_id": "4242",
        "app_secret": SECRET,
        "verify_token": "t0k3n",
        "callback_url": callback_url,
        "codes": {"signup-code": TOKEN},
        "wabas": [
            {
                "waba_id": WABA,
                "name": "Panadería",
                "access_token": TOKEN,
                "numbers": [
                    {
                        "phone_number_id": PNID,
                        "display_phone_number": "+34 910 000 001",
                        "verified_name": "Panadería",
                        "pin": "123456",
                    },
                    {
                        "phone_number_id": "700800900100299",
                        "display_phone_number": "+34 910 000 002",
                        "verified_name": "Panadería 2",
                        "registered": False,
                    },
                ],
                "templates": TEMPLATES,
            },
            {
                "waba_id": "900100200300499",
                "name": "Peluquería",
                "access_token": "token-two",
                "numbers": [
                    {
                        "phone_number_id": "700800900100300",
                        "display_phone_number": "+34 910 000 003",
                        "verified_name": "Peluquería",
                    }
                ],
            },
        ],
        "defaults": {
            "status_delays_ms": {"sent": 5, "delivered": 20, "read": None},
            "retry_delays_s": [0.05, 0.1],
        },
        "customers": [{"name": "Rosa", "wa_id": CUSTOMER, "bsuid": "ES.9f3k20xx17", "username": "rosa.pan"}],
    }


class Callback:
    """Records every webhook as it came: headers, bytes and parsed content."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.url = ""

    async def post(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.received.append((dict(request.headers), body))
        return web.Response(status=self.answers.pop(0) if self.answers else 200, text="ok")

    async def get(self, request: web.Request) -> web.Response:
        if request.query.get("hub.verify_token") != "t0k3n":
            return web.Response(status=403)
        return web.Response(text=request.query["hub.challenge"])

    @property
    def values(self) -> list[dict[str, Any]]:
        parsed = [json.loads(body) for _, body in self.received]
        return [c["value"] for p in parsed for e in p["entry"] for c in e["changes"]]

    @property
    def statuses(self) -> list[dict[str, Any]]:
        return [s for v in self.values for s in v.get("statuses", ())]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [m for v in self.values for m in v.get("messages", ())]


class Harness:
    """What a test needs to play both sides."""

    def __init__(self, server: TwinServer, callback: Callback, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.callback = callback
        self.http = http
        self.url = f"http://127.0.0.1:{server.port}"

    async def graph(
        self, method: str, path: str, body: Any = None, *, token: str | None = TOKEN, **options: Any
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.request(
            method, f"{self.url}/v26.0/{path}", json=body, headers=headers, **options
        ) as answer:
            return answer.status, await answer.json()

    async def send(self, kind: str | None = None, content: Any = None, **more: Any) -> tuple[int, dict[str, Any]]:
        body: dict[str, Any] = {"messaging_product": "whatsapp", "to": f"+{CUSTOMER}"}
        if kind is not None:
            body |= {"type": kind, kind: content}
        body |= more
        return await self.graph("POST", f"{PNID}/messages", {k: v for k, v in body.items() if v is not ...})

    async def text(self, text: str = "Hola", **more: Any) -> tuple[int, dict[str, Any]]:
        return await self.send("text", {"body": text}, **more)

    async def control(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        async with self.http.request(method, f"{self.url}/_twin/{path}", json=body) as answer:
            content: dict[str, Any] = await answer.json()
            assert answer.status < 300, content
            return content

    async def inbound(self, message: dict[str, Any], customer: str = CUSTOMER, **more: Any) -> dict[str, Any]:
        body = {"phone_number_id": PNID, "customer": customer, "message": message, **more}
        return await self.control("POST", "inbound", body)

    async def open_window(self) -> str:
        """The customer writes, so that free-form messages may be sent."""
        answer = await self.inbound({"type": "text", "text": {"body": "Hola"}})
        return str(answer["wamid"])

    async def misbehave(self, do: dict[str, Any], **more: Any) -> None:
        await self.control("POST", "misbehave", {"do": do, "match": {"kind": "messages"}, "times": 1, **more})

    async def ledger(self, query: str = "") -> dict[str, Any]:
        return await self.control("GET", f"ledger{query}")

    async def until(self, claim: Callable[[], Any], seconds: float = 5.0) -> Any:
        deadline = asyncio.get_running_loop().time() + seconds
        while not (found := claim()):
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"waited {seconds} s in vain; received: {self.callback.values}")
            await asyncio.sleep(0.005)
        return found

    async def statuses_of(self, wamid: str, count: int) -> list[dict[str, Any]]:
        await self.until(lambda: len([s for s in self.callback.statuses if s["id"] == wamid]) >= count)
        return [s for s in self.callback.statuses if s["id"] == wamid]


def code_of(answer: tuple[int, dict[str, Any]]) -> tuple[int, int]:
    """HTTP status and error code of a refusal."""
    return answer[0], answer[1]["error"]["code"]
