"""Message templates through the API and the pages: looked at, sent to Meta for review, changed, deleted."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from test_sending_every_kind import post
from test_template_sync import account, at_meta, sync

from rig import Rig, Shop, eventually
from wacloud.modules.whatsapp.domain.template_lint import lint
from wacloud.modules.whatsapp.domain.template_words import offers_way_out
from wacloud.modules.whatsapp.ui.template_bodies import CODE, OFFER, PICKUP
from wacloud.modules.whatsapp.ui.template_form import Filled
from wacloud.modules.whatsapp.ui.template_form_of import form_of
from wacloud.modules.whatsapp.ui.template_preview import preview_of
from wacloud.twins.graph import templates_endpoint
from wacloud.twins.graph.misbehave import Do, Match, Rule

URL = "/api/whatsapp/templates"
FORM = {
    "name": "cita_manana",
    "language": "es",
    "category": "UTILITY",
    "header": "Tu cita",
    "body": "Hola {{1}}, te esperamos mañana a las {{2}} en la tienda.",
    "body_examples": "Ana\r\n10:30",
    "footer": "Peluquería Sol",
    "reply_0": "Voy",
    "reply_1": "No puedo",
    "link_text": "Ver",
    "link_url": "https://example.com/cita",
}


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def ask(
    rig: Rig, shop: Shop, method: str, path: str = "", body: Any = None, **headers: str
) -> tuple[int, dict[str, Any]]:
    sent = rig.bearer(shop) | headers
    async with rig.http.request(method, f"{rig.url}{URL}{path}", json=body, headers=sent) as answer:
        return answer.status, await answer.json(content_type=None)


async def page(rig: Rig, shop: Shop, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
    sent = rig.bearer(shop) | {"accept": "text/html"} | headers
    method = "GET" if form is None else "POST"
    async with rig.http.request(method, f"{rig.url}{path}", data=form, headers=sent) as answer:
        return answer.status, await answer.text()


def misbehave(rig: Rig, shop: Shop, **do: Any) -> None:
    rule = Rule(do=Do(**do), match=Match(kind="templates", phone_number_id=shop.waba_id), times=1)
    rig.twin.twin.misbehaviour.add(rule)


@pytest.mark.parametrize("body", [PICKUP, OFFER, CODE], ids=["utility", "marketing", "authentication"])
async def test_the_examples_of_the_description_are_taken(rig: Rig, shop: Shop, body: dict[str, Any]):
    status, made = await ask(rig, shop, "POST", "", body)
    assert (status, made["status"], made["category"]) == (201, "PENDING", body["category"])
    assert made["components"] == body["components"]
    assert [step["after"] for step in made["history"] if step["what"] == "status"] == ["PENDING"]
    [at_twin] = account(rig, shop).templates
    assert (at_twin.id, at_twin.parameter_format) == (made["meta_id"], body.get("parameter_format", "POSITIONAL"))


async def test_the_decision_comes_by_webhook_and_stays(rig: Rig, shop: Shop):
    _, made = await ask(rig, shop, "POST", "", PICKUP)
    [template] = account(rig, shop).templates
    templates_endpoint.decide(rig.twin.twin, account(rig, shop), template, "APPROVED")

    async def approved() -> bool:
        _, one = await ask(rig, shop, "GET", f"/{made['id']}")
        return bool(one["status"] == "APPROVED")

    await eventually(approved)


async def test_what_breaks_a_rule_is_refused_before_meta_is_asked(rig: Rig, shop: Shop):
    body = {**PICKUP, "name": "Pedido", "components": [{"type": "BODY", "text": "{{1}}, ya está listo"}]}
    status, refusal = await ask(rig, shop, "POST", "", body)
    assert (status, refusal["code"]) == (422, "template_breaks_rules")
    told = {(one["field"], one["code"]) for one in refusal["errors"]}
    assert told == {("name", "not_a_name"), ("body.example", "example_missing"), ("body.text", "variable_at_edge")}
    assert all(one["message"] != "Esto no se acepta." for one in refusal["errors"])
    assert account(rig, shop).templates == []


async def test_a_draft_can_be_looked_at_without_being_kept(rig: Rig, shop: Shop):
    body = {**PICKUP, "components": [{"type": "BODY", "text": "Hoy 20% de descuento en tartas."}]}
    status, told = await ask(rig, shop, "POST", "/check?lang=en", body)
    assert (status, [(one["rule"], one["severity"]) for one in told["findings"]]) == (
        200,
        [("likely_marketing", "warning")],
    )
    assert "marketing" in told["findings"][0]["message"]
    assert (await ask(rig, shop, "GET"))[1]["templates"] == []


async def test_what_meta_itself_refuses_is_told_in_its_words_and_not_kept(rig: Rig, shop: Shop):
    text = {"type": "BODY", "text": "Hola {{1}} y {{2}} hoy", "example": {"body_text": [["A", "B"]]}}
    status, refusal = await ask(rig, shop, "POST", "", {**PICKUP, "components": [text]})
    assert (status, refusal["code"], refusal["meta_code"]) == (422, "template_refused", 2388293)
    assert "too many variables" in refusal["detail"]
    assert (await ask(rig, shop, "GET"))[1]["templates"] == []


async def test_the_same_name_and_language_twice_is_a_conflict(rig: Rig, shop: Shop):
    await ask(rig, shop, "POST", "", PICKUP)
    assert (await ask(rig, shop, "POST", "", PICKUP))[1]["code"] == "template_exists"
    assert (await ask(rig, shop, "POST", "", {**PICKUP, "language": "es_MX"}))[0] == 201


async def test_the_same_request_with_its_key_is_answered_once(rig: Rig, shop: Shop):
    key = {"idempotency-key": "template-1"}
    first = await ask(rig, shop, "POST", "", PICKUP, **key)
    assert await ask(rig, shop, "POST", "", PICKUP, **key) == first
    assert len(account(rig, shop).templates) == 1


async def test_where_metas_answer_is_lost_the_list_is_read_again(rig: Rig, shop: Shop):
    misbehave(rig, shop, accept_then_cut=True)
    status, refusal = await ask(rig, shop, "POST", "", PICKUP)
    assert (status, refusal["code"]) == (503, "meta_away")

    async def known() -> bool:
        await rig.hurry(shop)
        return bool((await ask(rig, shop, "GET"))[1]["templates"])

    await eventually(known)


async def test_without_access_nothing_is_kept_and_it_says_so(rig: Rig, shop: Shop):
    misbehave(rig, shop, error_code=190)
    status, refusal = await ask(rig, shop, "POST", "", PICKUP)
    assert (status, refusal["code"]) == (422, "meta_refused")


async def test_one_that_is_being_reviewed_waits_and_a_rejected_one_can_be_changed(rig: Rig, shop: Shop):
    _, made = await ask(rig, shop, "POST", "", PICKUP)
    change = {"components": [{"type": "BODY", "text": "Tu pedido ya está listo para recoger."}], "category": "UTILITY"}
    assert (await ask(rig, shop, "PUT", f"/{made['id']}", change))[1]["code"] == "template_not_editable"
    account(rig, shop).templates[0].status = "REJECTED"
    await sync(rig, shop)
    status, changed = await ask(rig, shop, "PUT", f"/{made['id']}", change)
    assert (status, changed["status"], changed["components"]) == (200, "PENDING", change["components"])
    assert account(rig, shop).templates[0].components == change["components"]


async def test_deleting_is_done_at_meta_too_and_once(rig: Rig, shop: Shop):
    _, made = await ask(rig, shop, "POST", "", PICKUP)
    assert (await ask(rig, shop, "DELETE", f"/{made['id']}"))[0] == 204
    assert account(rig, shop).templates == []
    assert (await ask(rig, shop, "DELETE", f"/{made['id']}"))[0] == 204
    assert (await ask(rig, shop, "GET"))[1]["templates"] == []
    assert (await ask(rig, shop, "GET", f"/{made['id']}"))[1]["deleted_at"] is not None


async def test_the_list_comes_in_pages_and_by_state_and_name(rig: Rig, shop: Shop):
    for n in range(7):
        at_meta(rig, shop, f"t{n}", status="REJECTED" if n == 3 else "APPROVED")
    await sync(rig, shop)
    names: list[str] = []
    cursor = ""
    while True:
        _, told = await ask(rig, shop, "GET", f"?limit=3{cursor}")
        names += [one["name"] for one in told["templates"]]
        if told["next_cursor"] is None:
            break
        cursor = f"&cursor={told['next_cursor']}"
    assert sorted(names) == [f"t{n}" for n in range(7)]
    assert [one["name"] for one in (await ask(rig, shop, "GET", "?status=REJECTED"))[1]["templates"]] == ["t3"]
    assert [one["name"] for one in (await ask(rig, shop, "GET", "?q=t5"))[1]["templates"]] == ["t5"]
    assert (await ask(rig, shop, "GET", "?cursor=x"))[0] == 422


async def test_the_list_is_read_on_demand(rig: Rig, shop: Shop):
    at_meta(rig, shop, "pedido")
    assert (await ask(rig, shop, "POST", "/sync"))[0] == 202

    async def read() -> bool:
        return bool((await ask(rig, shop, "GET"))[1]["templates"])

    await eventually(read)


async def test_anothers_template_is_none(rig: Rig, shop: Shop):
    _, made = await ask(rig, shop, "POST", "", PICKUP)
    other = await rig.shop(enabled=False)
    for path in (made["id"], str(uuid4())):
        for method, body in (("GET", None), ("DELETE", None), ("PUT", {"components": PICKUP["components"]})):
            status, refusal = await ask(rig, other, method, f"/{path}", body)
            assert (status, refusal["code"]) == (404, "template_unknown")
    status, refusal = await ask(rig, other, "POST", "", {**PICKUP, "waba_id": shop.waba_id})
    assert (status, refusal["code"]) == (404, "account_unknown")


async def test_an_analyst_reads_and_does_not_write(rig: Rig, shop: Shop):
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.members set role = 'analyst' where user_id = %s", (shop.user_id,))
    assert (await ask(rig, shop, "GET"))[0] == 200
    assert (await ask(rig, shop, "POST", "", PICKUP))[0] == 403


# Pages.


async def test_the_form_is_looked_at_as_it_is_written(rig: Rig, shop: Shop):
    status, told = await page(
        rig, shop, "/templates/check?lang=es", FORM | {"body": "{{1}} hola"}, **{"hx-request": "true"}
    )
    assert status == 200
    assert "<html" not in told
    assert "Una variable no puede ser lo primero ni lo último del texto" in told


async def test_the_form_sends_it_for_review_and_the_page_shows_it_as_a_phone_does(rig: Rig, shop: Shop):
    status, told = await page(rig, shop, "/templates?lang=es", FORM)
    assert status == 200  # after the redirect
    assert "Hola Ana, te esperamos mañana a las 10:30 en la tienda." in told
    assert "En revisión" in told
    status, told = await page(rig, shop, "/templates?lang=en")
    assert "Being reviewed" in told
    assert "Utility" in told
    [template] = account(rig, shop).templates
    assert [one["type"] for one in template.components] == ["HEADER", "BODY", "FOOTER", "BUTTONS"]


async def test_a_refused_form_keeps_what_was_written(rig: Rig, shop: Shop):
    status, told = await page(rig, shop, "/templates?lang=es", FORM | {"name": "Cita Mañana"})
    assert status == 422
    assert 'value="Cita Mañana"' in told
    assert "Solo minúsculas" in told


async def test_a_rejected_one_says_why_and_is_changed_on_its_page(rig: Rig, shop: Shop):
    await page(rig, shop, "/templates", FORM)
    [template] = account(rig, shop).templates
    template.status, template.rejected_reason = "REJECTED", "INVALID_FORMAT"
    await sync(rig, shop)
    [kept] = (await ask(rig, shop, "GET"))[1]["templates"]
    status, told = await page(rig, shop, f"/templates/{kept['id']}?lang=en")
    assert status == 200
    assert "Its format is not right." in told
    assert "10:30" in told
    changed = FORM | {"body": "Hola {{1}}, tu cita es mañana a las {{2}} en la tienda."}
    status, told = await page(rig, shop, f"/templates/{kept['id']}", changed)
    assert "Hola Ana, tu cita es mañana a las 10:30" in told
    assert template.status == "PENDING"
    assert (await page(rig, shop, f"/templates/{kept['id']}/delete", {}))[0] == 200
    assert account(rig, shop).templates == []


async def test_a_template_of_strange_parts_is_shown_and_not_offered_for_change(rig: Rig, shop: Shop):
    carousel: dict[str, Any] = {"type": "CAROUSEL", "cards": []}
    at_meta(rig, shop, "raro", components=[carousel, {"type": "BODY", "text": "<b>5% {{1}}</b>"}], status="ODD 5%")
    await sync(rig, shop)
    [kept] = (await ask(rig, shop, "GET"))[1]["templates"]
    for path in ("/templates", f"/templates/{kept['id']}"):
        status, told = await page(rig, shop, path)
        assert status == 200
        assert "&lt;b&gt;5%" in told
        assert "<b>5%" not in told
    assert 'name="body"' not in told


def test_the_form_of_a_template_makes_the_same_template_again():
    one = Filled(
        name="x",
        header="Pedido {{n}}",
        header_example="A-1",
        body="Hola {{nombre}}, tu pedido llega el {{dia}} por la tarde.",
        body_examples="Ana\nlunes",
        replies=("Sí", "No", ""),
        link_text="Ver",
        link_url="https://e.com/{{1}}",
        link_example="https://e.com/7",
        call_text="Llamar",
        call_phone="+34910000001",
    )
    draft = one.draft()
    assert lint(draft) == []
    assert draft.parameter_format == "NAMED"
    kept = _kept(draft.components)
    again = form_of(kept)
    assert again is not None
    assert again.draft().components == draft.components
    shown = preview_of(draft.components)
    assert (shown.header, str(shown.body)) == ("Pedido A-1", "Hola Ana, tu pedido llega el lunes por la tarde.")


def test_every_kind_of_button_has_its_fields():
    one = Filled(
        name="x",
        category="MARKETING",
        body="Tu cupón de hoy.",
        replies=("Baja", "", ""),
        link_text="Ver",
        link_url="https://e.com/",
        link2_text="Mapa",
        link2_url="https://e.com/mapa/{{1}}",
        link2_example="https://e.com/mapa/7",
        call_text="Llamar",
        call_phone="+34910000001",
        coupon="TARTA10",
        flow_text="Reservar",
        flow_id="55",
    )
    draft = one.draft()
    assert lint(draft) == []
    assert len(draft.components[1]["buttons"]) == 6
    again = form_of(_kept(draft.components, "MARKETING"))
    assert again is not None
    assert again.draft().components == draft.components


def test_a_code_for_signing_in_is_filled_in_and_shown_in_its_language():
    one = Filled(name="x", category="AUTHENTICATION", code_minutes="5", code_label="Copiar")
    draft = one.draft()
    assert lint(draft) == []
    again = form_of(_kept(draft.components, "AUTHENTICATION"))
    assert again is not None
    assert again.draft().components == draft.components
    shown = preview_of(draft.components, "es_MX")
    assert "es tu código" in str(shown.body)
    assert shown.footer == "Este código caduca en 5 minutos."
    assert "verification code" in str(preview_of(draft.components, "fr").body)
    assert [f.field for f in lint(replace(one, code_minutes="pronto").draft())] == ["footer.code_expiration_minutes"]


async def test_a_code_for_signing_in_is_made_by_the_form_and_sent_by_a_program(rig: Rig, shop: Shop):
    form = {"name": "codigo", "language": "es", "category": "AUTHENTICATION", "code_minutes": "5", "code_warns": "yes"}
    status, told = await page(rig, shop, "/templates?lang=es", form)
    assert status == 200
    assert "es tu código de verificación" in told
    templates_endpoint.decide(rig.twin.twin, account(rig, shop), account(rig, shop).templates[0], "APPROVED")
    await sync(rig, shop)
    value = {"type": "text", "text": "493021"}
    components = [
        {"type": "body", "parameters": [value]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [value]},
    ]
    template = {"name": "codigo", "language": {"code": "es"}, "components": components}
    wanted = {"to": "+34600111222", "phone_number_id": shop.phone_number_id, "type": "template", "template": template}
    status, answer = await post(rig, shop, wanted)
    assert status == 202, answer
    message = await rig.becomes(shop, answer["message_id"], "sent", "delivered", "failed")
    assert (message.error, message.body) == (
        None,
        "*493021* es tu código de verificación. Por tu seguridad, no lo compartas.",
    )


def _kept(components: Any, filed: str = "UTILITY") -> Any:
    class Kept:
        name, language, category, waba_id = "x", "es", filed, ""

    Kept.components = components  # type: ignore[attr-defined]
    return Kept()


def test_a_way_out_is_understood_in_both_languages():
    assert offers_way_out("No quiero más")
    assert offers_way_out("Stop")
    assert not offers_way_out("Ver más")
