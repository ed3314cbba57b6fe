"""What Meta refuses: what the house does with the message and the number, and what the person reads on the page."""

import re
from html import unescape
from uuid import UUID

import pytest

from rig import Rig, Shop, eventually
from wacloud.modules.whatsapp.domain.delivery import LATER, RECONNECT, RETRY, STOP, WAIT, may_be_sent_again
from wacloud.modules.whatsapp.ui.reasons import FAILED, failure_in_words, reason_in_words
from wacloud.shared.ui.i18n import translator

# Refused for good or for now; the two that only events carry are said of no message of ours.
CODES = sorted({*RETRY, *WAIT, *LATER, *RECONNECT, *STOP})


async def reads(rig: Rig, shop: Shop, message_id: UUID) -> str:
    """The bubble and what stands under it, in Spanish and without markup."""
    row = await rig.one(shop, message_id)
    headers = {**rig.bearer(shop), "cookie": "lang=es"}
    async with rig.http.get(f"{rig.url}/inbox/{row.conversation_id}", headers=headers) as answer:
        html = await answer.text()
    found = re.search(rf'<li id="m-{message_id}".*?</li>\s*(?=<li id=|</ol>)', html, re.DOTALL)
    assert found is not None
    labels = re.sub(r'aria-label="([^"]*)"[^>]*>', r">\1 ", found[0])
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", labels)).split())


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_words_in_both_languages(code: int):
    english, spanish = (failure_in_words({"code": code}, translator(language)) for language in ("en", "es"))
    assert english not in (FAILED, spanish), code


@pytest.mark.parametrize("code", sorted({*RETRY, *WAIT, *LATER, *RECONNECT, 999_999}))
def test_while_it_goes_out_by_itself_nobody_is_asked_to_send_it_again(code: int):
    english, spanish = (
        reason_in_words(f"meta:{code}", translator(language), waits=True) or "" for language in ("en", "es")
    )
    assert english != spanish
    assert not re.search(r"again|try", english.replace("we keep trying", "")), english
    assert not re.search(r"de nuevo|otra vez|[Pp]rueba|[Ii]nt[eé]nta|[Vv]uelve a enviar", spanish), spanish


@pytest.mark.parametrize(
    ("code", "told", "is_offered"),
    [
        (131026, "Esta persona no puede recibirlo en WhatsApp", False),
        (131047, "más de 24 horas", True),
        (131050, "ya no quiere promociones", False),
        (132001, "plantilla no está disponible", False),
        (131053, "tamaño de archivo", False),
    ],
)
async def test_n_what_meta_refuses_for_good_is_not_sent_and_says_why(rig: Rig, code: int, told: str, is_offered: bool):
    shop = await rig.shop(enabled=False)
    rule = rig.misbehave(shop, times=None, error_code=code)
    conversation_id = await rig.heard(shop)
    _, answer = await rig.send(shop, conversation_id, "hola")
    await rig.becomes(shop, answer["message_id"], "failed")
    read = await reads(rig, shop, UUID(answer["message_id"]))
    assert told in read, read
    assert "No enviado" in read
    assert ("Enviar de nuevo" in read) == is_offered == may_be_sent_again("failed", code, f"meta:{code}")
    assert rule.applied == 1


@pytest.mark.parametrize("code", [131000, 131056, 131048])
async def test_r_what_meta_refuses_for_now_waits_and_is_never_shown_as_sent(rig: Rig, code: int):
    shop = await rig.shop(enabled=False)
    rig.misbehave(shop, times=None, error_code=code)
    conversation_id = await rig.heard(shop)
    _, answer = await rig.send(shop, conversation_id, "hola")

    async def waits() -> bool:
        row = await rig.one(shop, answer["message_id"])
        return (row.state, row.reason) == ("queued", f"meta:{code}")

    await eventually(waits)
    read = await reads(rig, shop, UUID(answer["message_id"]))
    assert "Esperando" in read or "En espera" in read or "Pendiente" in read, read
    assert "Enviado" not in read


async def test_the_page_and_the_ledger_ask_nobody_to_send_again_what_waits(rig: Rig):
    shop = await rig.shop(enabled=False)
    rig.misbehave(shop, times=None, error_code=131056)
    conversation_id = await rig.heard(shop)
    _, answer = await rig.send(shop, conversation_id, "hola")

    async def waits() -> bool:
        return bool((await rig.one(shop, answer["message_id"])).reason == "meta:131056")

    await eventually(waits)
    told = "Demasiados mensajes a esta persona en poco tiempo, y Meta los limita."
    for path in (f"/inbox/{conversation_id}", "/ledger", "/ledger/rows?group=outbound&state=queued&reason=meta:131056"):
        async with rig.http.get(rig.url + path, headers={**rig.bearer(shop), "cookie": "lang=es"}) as page:
            html = await page.text()
        assert told in html, path
        assert "envíalo otra vez" not in html, path


async def test_t_a_dead_token_holds_the_number_and_the_message_waits(rig: Rig):
    shop = await rig.shop(enabled=False)
    rig.misbehave(shop, times=None, error_code=190)
    conversation_id = await rig.heard(shop)
    _, answer = await rig.send(shop, conversation_id, "hola")

    async def held() -> bool:
        [number] = await rig.rows(
            shop, "select state from app.phone_numbers where business_id = %s", (shop.business_id,)
        )
        return number.state != "connected"

    await eventually(held)
    assert (await rig.one(shop, answer["message_id"])).state == "queued"
    assert "Enviado" not in await reads(rig, shop, UUID(answer["message_id"]))


async def test_what_fails_after_it_was_sent_says_so_and_is_offered_again(rig: Rig):
    shop = await rig.shop(enabled=False)
    rig.misbehave(shop, fail_later=131049)
    conversation_id = await rig.heard(shop)
    _, answer = await rig.send(shop, conversation_id, "hola")
    await rig.becomes(shop, answer["message_id"], "failed")
    read = await reads(rig, shop, UUID(answer["message_id"]))
    assert "ha recibido suficientes promociones" in read or "promociones" in read
    assert "Enviar de nuevo" in read
