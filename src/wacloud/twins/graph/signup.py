"""Facebook's dialog of Embedded Signup, played here: an account is made, and its opener gets a code and a message."""

from __future__ import annotations

import html
import json
import secrets
from collections.abc import Mapping
from typing import Any

from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.wire import Answer, Request
from wacloud.twins.graph.world import Number, Waba

Json = dict[str, Any]

# What somebody may do in the dialog, and what its button says.
WAYS = {
    "finish": "Continuar con un número nuevo",
    "pin": "Continuar con un número que ya tiene PIN (PIN 246810)",
    "only_waba": "Continuar sin número",
    "coexistence": "Conectar la app WhatsApp Business",
    "no_session": "Terminar, pero sin mensaje a la página",
    "no_code": "Terminar, pero sin código",
    "cancel": "Cancelar",
    "error": "Fallar con un error de Meta",
}
PIN = "246810"
COEXISTENCE = "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"


def sign_up(twin: Twin, body: Json) -> Json:
    """
    What the opener gets: `code` by the login, `session` by the window's message; either may be missing.

    :raises ValueError: nobody can do that in the dialog.
    """
    how = str(body.get("how", "finish"))
    if how not in WAYS:
        raise ValueError(f"how is one of {', '.join(WAYS)}")
    if how == "cancel":
        return {"session": _message("CANCEL", {"current_step": "PHONE_NUMBER_SETUP"})}
    if how == "error":
        told = {"error_message": "Your account is restricted.", "error_id": "524126", "session_id": "f34b51dab5e0498"}
        return {"session": _message("CANCEL", told)}
    waba = _account(str(body.get("name") or "Negocio de prueba"))
    if how != "only_waba":
        waba.numbers.append(_number(twin, waba.name, how))
    twin.world.wabas.append(waba)
    twin.access.learn()
    twin.keep_waba(waba)
    code = secrets.token_urlsafe(32)
    twin.world.codes[code] = waba.access_token
    twin.codes_made_at[code] = twin.clock()
    ids = {"waba_id": waba.waba_id, "business_id": waba.business_id}
    for number in waba.numbers:
        ids["phone_number_id"] = number.phone_number_id
    event = {"only_waba": "FINISH_ONLY_WABA", "coexistence": COEXISTENCE}.get(how, "FINISH")
    answer: Json = {"code": code, "session": _message(event, ids)}
    answer.pop({"no_session": "session", "no_code": "code"}.get(how, ""), None)
    return answer


def _account(name: str) -> Waba:
    return Waba(
        waba_id=_id("9"),
        name=name[:75],
        access_token=f"twin-{secrets.token_urlsafe(24)}",
        business_id=_id("3"),
        subscribed=False,
        is_verified=False,
        made_here=True,
    )


def _number(twin: Twin, name: str, how: str) -> Number:
    is_there = how == "coexistence"
    taken = {number.digits for waba in twin.world.wabas for number in waba.numbers}
    digits = next(d for d in iter(lambda: f"3491{secrets.randbelow(10**7):07}", None) if d not in taken)
    return Number(
        phone_number_id=_id("7"),
        display_phone_number=f"+34 {digits[2:5]} {digits[5:8]} {digits[8:]}",
        verified_name=name[:75],
        pin=PIN if how == "pin" else None,
        registered=is_there,
        on_biz_app=is_there,
        onboarded_at=twin.clock() if is_there else None,
        throughput=20 if is_there else 80,
    )


def _message(event: str, data: Mapping[str, str]) -> Json:
    return {"type": "WA_EMBEDDED_SIGNUP", "event": event, "data": dict(data), "version": 3}


def _id(first: str) -> str:
    return first + "".join(secrets.choice("0123456789") for _ in range(14))


async def show(twin: Twin, request: Request) -> Answer:
    """The window itself."""
    return Answer(200, page(request.query), [(b"content-type", b"text/html; charset=utf-8")])


def page(query: Mapping[str, str]) -> bytes:
    """The window itself. Facebook's posts to whoever opened it; so does this one, and closes."""
    opener = query.get("origin", "")
    name = html.escape(query.get("name", ""))
    buttons = "".join(f'<button name="how" value="{way}">{html.escape(said)}</button>' for way, said in WAYS.items())
    return _PAGE.format(name=name, buttons=buttons, opener=json.dumps(opener).replace("<", "\\u003c")).encode()


_PAGE = """<!doctype html>
<html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Meta (de prueba)</title><style>
body {{ margin: 0; font: 16px/1.45 system-ui, sans-serif; color: #1c1e21; background: #f0f2f5 }}
main {{ max-width: 26rem; margin: 2rem auto; padding: 1.5rem; border-radius: 12px; background: #fff }}
form {{ display: grid; gap: .6rem }}
input, button {{ font: inherit; padding: .6rem; border: 1px solid #8a8d91; border-radius: 8px }}
button {{ text-align: left; background: #fff; cursor: pointer }}
button:first-of-type {{ color: #fff; background: #0a58ca }}
</style></head><body><main><h1>Meta (de prueba)</h1>
<p>Esta ventana hace de la de Facebook. Aquí no se envía nada a Meta.</p>
<form><label>Nombre del negocio <input name="name" value="{name}" maxlength="75"></label>{buttons}</form></main>
<script>
const opener_ = {opener};
document.querySelector("form").addEventListener("submit", async (event) => {{
  event.preventDefault();
  const how = event.submitter.value, name = event.target.name.value;
  const answer = await fetch("/_twin/signup", {{method: "POST", body: JSON.stringify({{how, name}})}});
  const told = await answer.json();
  if (told.session) window.opener?.postMessage(JSON.stringify(told.session), opener_);
  window.opener?.postMessage({{type: "TWIN_LOGIN", code: told.code ?? null}}, opener_);
  window.close();
}});
</script></body></html>
"""
