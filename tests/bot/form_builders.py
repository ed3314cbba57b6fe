"""A shop that collects a booking, and what its customers write."""

from typing import Any

from model_twin import ModelTwin

from builders import meta
from rig import Rig, Shop, as_body, eventually
from wacloud.twins.openai.state import Step

KEY = "sk-proj-a-key-of-the-shop-1234"
ROSA = "34600111222"
BOOKING: dict[str, Any] = {
    "title": "Reserva de mesa",
    "used_when": "Cuando alguien quiere reservar una mesa.",
    "fields": [
        {"key": "date", "label": "Día", "kind": "date"},
        {"key": "time", "label": "Hora", "kind": "time"},
        {"key": "people", "label": "Personas", "kind": "number"},
        {"key": "name", "label": "Nombre"},
        {"key": "phone", "label": "Teléfono", "kind": "phone"},
        {"key": "where", "label": "Dónde", "kind": "choice", "choices": ["Terraza", "Salón"], "required": False},
    ],
}
NOTHING = {**dict.fromkeys(("date", "time", "people", "name", "phone", "where")), "another": None}
ALL = {**NOTHING, "date": "2099-12-05", "time": "21:30", "people": 4, "name": "Rosa", "phone": "600 11 12 22"}
SAYS_ALL = "mesa el 5 de diciembre de 2099 a las 21:30 para 4, a nombre de Rosa, 600 11 12 22"
TOOL = "form-reserva_de_mesa"


async def call(rig: Rig, shop: Shop, method: str, path: str = "", body: Any = None, **more: str) -> tuple[int, Any]:
    headers = {**rig.bearer(shop), **more}
    async with rig.http.request(method, f"{rig.url}/api{path}", json=body, headers=headers) as answer:
        return answer.status, await answer.json() if answer.status != 204 else None


async def with_form(rig: Rig, **more: Any) -> tuple[Shop, dict[str, Any]]:
    """A shop with a key for the twin, whose bot has this form."""
    shop = await rig.shop()
    assert (await call(rig, shop, "PUT", "/bot/model-key", {"key": KEY}))[0] == 200
    status, made = await call(rig, shop, "POST", "/bot/forms", {**BOOKING, **more})
    assert status == 201, made
    return shop, made


def wishes(*calls: Any, say: str = "Anotado.") -> list[Any]:
    """A model that fills in the form, once in each round, and then says something."""
    return [*(Step(calls=[{"name": TOOL, "arguments": one}]) for one in calls), Step(say=say)]


async def writes(rig: Rig, shop: Shop, *texts: str, wa_id: str = ROSA) -> None:
    """What a customer writes, each text once the answer to the one before is out."""
    for text in texts:
        before = len(await turns_of(rig, shop))
        assert await rig.post(as_body(meta.inbound(shop, wa_id, text))) == 200

        async def answered(before: int = before) -> bool:
            if len(await turns_of(rig, shop)) <= before:
                return False
            return not {"queued", "dispatching"} & {message.state for message in await rig.messages(shop, "out")}

        await eventually(answered)


async def turns_of(rig: Rig, shop: Shop) -> list[Any]:
    of_shop = "select * from app.bot_turns where business_id = %s order by decided_at"
    return list(await rig.rows(shop, of_shop, (shop.business_id,)))


async def entries(rig: Rig, shop: Shop) -> list[Any]:
    return list(
        await rig.rows(
            shop, "select * from app.bot_form_entries where business_id = %s order by created_at", (shop.business_id,)
        )
    )


async def notices(rig: Rig, shop: Shop) -> list[tuple[str, str]]:
    status, told = await call(rig, shop, "GET", "/notices")
    assert status == 200
    return [(one["code"], one["text"]) for one in told["items"]]


def outputs(twin: ModelTwin) -> list[str]:
    """All that the model was told by tools in its last request."""
    return [item["output"] for item in twin.requests[-1]["input"] if item.get("type") == "function_call_output"]
