"""Message templates of the Graph twin: made, refused, reviewed, changed, deleted."""

from __future__ import annotations

from typing import Any

import pytest
from graph_harness import WABA, Harness, code_of

PATH = f"{WABA}/message_templates"


def draft(**more: Any) -> dict[str, Any]:
    """A template Meta takes."""
    body = {
        "type": "BODY",
        "text": "Hola {{1}}, tu pedido {{2}} ya está listo.",
        "example": {"body_text": [["Ana", "7"]]},
    }
    return {"name": "nueva", "language": "es", "category": "UTILITY", "components": [body], **more}


def with_body(text: str, *values: str) -> dict[str, Any]:
    example = {"example": {"body_text": [list(values)]}} if values else {}
    return draft(components=[{"type": "BODY", "text": text, **example}])


def with_part(**part: Any) -> dict[str, Any]:
    return draft(components=[*draft()["components"], part])


def with_buttons(*buttons: dict[str, Any]) -> dict[str, Any]:
    return with_part(type="BUTTONS", buttons=list(buttons))


def reply(text: str) -> dict[str, Any]:
    return {"type": "QUICK_REPLY", "text": text}


def link(text: str = "Ver", url: str = "https://example.com") -> dict[str, Any]:
    return {"type": "URL", "text": text, "url": url}


async def test_a_new_template_waits_for_its_review_and_the_decision_comes_by_webhook(graph: Harness) -> None:
    status, made = await graph.graph("POST", PATH, draft())
    assert (status, made["status"], made["category"]) == (200, "PENDING", "UTILITY")
    decided = {"waba_id": WABA, "name": "nueva", "event": "APPROVED", "wait": True}
    await graph.control("POST", "templates/decide", decided)
    [value] = graph.callback.values
    assert (value["event"], value["message_template_id"]) == ("APPROVED", int(made["id"]))
    _, one = await graph.graph("GET", f"{made['id']}?fields=status,quality_score")
    assert (one["status"], one["quality_score"]) == ("APPROVED", {"score": "UNKNOWN"})


async def test_a_rejection_says_why_and_the_list_keeps_its_reason(graph: Harness) -> None:
    await graph.graph("POST", PATH, draft())
    info = {"reason": "It sells something.", "recommendation": "File it as marketing."}
    body = {"waba_id": WABA, "name": "nueva", "event": "REJECTED", "reason": "INCORRECT_CATEGORY", "info": info}
    await graph.control("POST", "templates/decide", body | {"wait": True})
    assert graph.callback.values[0]["rejection_info"] == info
    _, page = await graph.graph("GET", f"{PATH}?name=nueva&fields=status,rejected_reason")
    assert (page["data"][0]["status"], page["data"][0]["rejected_reason"]) == ("REJECTED", "INCORRECT_CATEGORY")


async def test_the_review_may_pass_by_itself(graph: Harness) -> None:
    await graph.control("PATCH", "defaults", {"template_review_ms": 10})
    await graph.graph("POST", PATH, draft())
    await graph.until(lambda: [v for v in graph.callback.values if v.get("event") == "APPROVED"])


async def test_quality_and_category_are_told_and_a_pause_can_be_lifted(graph: Harness) -> None:
    named = {"waba_id": WABA, "name": "pedido_listo", "wait": True}
    await graph.control("POST", "templates/decide", named | {"quality": "RED"})
    await graph.control("POST", "templates/decide", named | {"category": "MARKETING"})
    paused = await graph.control("POST", "templates/decide", named | {"event": "PAUSED", "title": "FIRST_PAUSE"})
    told = graph.callback.values
    assert (told[0]["previous_quality_score"], told[0]["new_quality_score"]) == ("UNKNOWN", "RED")
    assert (told[1]["previous_category"], told[1]["new_category"]) == ("UTILITY", "MARKETING")
    assert told[2]["other_info"]["title"] == "FIRST_PAUSE"
    assert await graph.graph("POST", f"{paused['id']}/unpause") == (200, {"success": True})
    assert code_of(await graph.graph("POST", f"{paused['id']}/unpause")) == (400, 100)


REFUSED: list[tuple[str, dict[str, Any], int | None]] = [
    ("a name with capitals", draft(name="Nueva"), None),
    ("no language", {k: v for k, v in draft().items() if k != "language"}, None),
    ("a language that is none", draft(language="español"), None),
    ("a category that is none", draft(category="TRANSACTIONAL"), None),
    ("a part that is none", with_part(type="SIDEBAR", text="x"), None),
    ("a name and language that are there", draft(name="pedido_listo"), 2388024),
    ("no body", draft(components=[{"type": "FOOTER", "text": "x"}]), 2388042),
    ("no examples", with_body("Hola {{1}}, gracias por venir hoy."), 2388043),
    ("too few examples", with_body("Hola {{1}}, tu pedido {{2}} ya está aquí.", "Ana"), 2388043),
    ("a variable first", with_body("{{1}}, tu pedido está listo", "Ana"), 2388299),
    ("a variable last", with_body("Tu pedido está listo, {{1}}", "Ana"), 2388299),
    ("variables side by side", with_body("Hola {{1}} {{2}}, tu pedido ya está listo.", "Ana", "7"), 2388072),
    ("a gap in the numbers", with_body("Hola {{1}}, tu pedido {{3}} ya está listo.", "Ana", "7"), 2388072),
    ("more variables than words", with_body("Hola {{1}} y {{2}} hoy", "Ana", "Eva"), 2388293),
    ("a long body", with_body("x " * 513), 2388040),
    ("three new lines", with_body("Hola\n\n\nadiós"), 2388072),
    ("a long header", with_part(type="HEADER", format="TEXT", text="x" * 61), 2388040),
    ("a header with an emoji", with_part(type="HEADER", format="TEXT", text="Hola 🎉"), 2388047),
    ("a picture without example", with_part(type="HEADER", format="IMAGE"), 2388043),
    ("a footer with a variable", with_part(type="FOOTER", text="De {{1}} aquí"), 2388073),
    ("a long footer", with_part(type="FOOTER", text="x" * 61), 2388040),
    ("eleven buttons", with_buttons(*(reply(f"b{n}") for n in range(11))), 2388060),
    ("three links", with_buttons(link("a"), link("b"), link("c")), 2388060),
    ("replies apart", with_buttons(reply("a"), link(), reply("b")), 2388060),
    ("a long button", with_buttons(reply("x" * 26)), 2388040),
    ("two buttons alike", with_buttons(reply("a"), reply("a")), 2388060),
    ("a link with a variable inside", with_buttons(link(url="https://e.com/{{1}}/x")), 2388060),
    ("a link without example", with_buttons(link(url="https://e.com/{{1}}")), 2388043),
]


@pytest.mark.parametrize(("what", "body", "subcode"), REFUSED, ids=[case[0] for case in REFUSED])
async def test_what_breaks_metas_rules_is_refused(
    graph: Harness, what: str, body: dict[str, Any], subcode: int | None
) -> None:
    answer = await graph.graph("POST", PATH, body)
    assert code_of(answer) == (400, 100)
    assert answer[1]["error"].get("error_subcode") == subcode
    assert (subcode is None) or answer[1]["error"]["error_user_msg"]


async def test_an_approved_template_can_be_changed_once_a_day_and_not_its_category(graph: Harness) -> None:
    _, page = await graph.graph("GET", f"{PATH}?name=pedido_listo")
    one = page["data"][0]["id"]
    assert code_of(await graph.graph("POST", one, {"category": "MARKETING"})) == (400, 100)
    assert await graph.graph("POST", one, {"components": draft()["components"]}) == (200, {"success": True})
    assert code_of(await graph.graph("POST", one, {"components": draft()["components"]})) == (400, 100)  # in review
    decided = {"waba_id": WABA, "name": "pedido_listo", "event": "APPROVED", "wait": True}
    await graph.control("POST", "templates/decide", decided)
    _, refusal = await graph.graph("POST", one, {"components": draft()["components"]})
    assert refusal["error"]["error_subcode"] == 2388026


async def test_deleting_by_name_takes_all_languages_and_keeps_the_name_for_a_month(graph: Harness) -> None:
    await graph.graph("POST", PATH, draft(name="pedido_listo", language="en"))
    assert await graph.graph("DELETE", f"{PATH}?name=pedido_listo") == (200, {"success": True})
    _, page = await graph.graph("GET", f"{PATH}?name=pedido_listo")
    assert page["data"] == []
    _, refusal = await graph.graph("POST", PATH, draft(name="pedido_listo"))
    assert refusal["error"]["error_subcode"] == 2388023
    assert code_of(await graph.graph("DELETE", f"{PATH}?name=pedido_listo")) == (400, 100)


async def test_deleting_by_id_takes_one_language(graph: Harness) -> None:
    _, made = await graph.graph("POST", PATH, draft(name="pedido_listo", language="en"))
    assert (await graph.graph("DELETE", f"{PATH}?name=pedido_listo&hsm_id={made['id']}"))[0] == 200
    _, page = await graph.graph("GET", f"{PATH}?name=pedido_listo")
    assert [t["language"] for t in page["data"]] == ["es"]


async def test_a_hundred_templates_an_hour_are_the_most(graph: Harness) -> None:
    for n in range(100):
        assert (await graph.graph("POST", PATH, draft(name=f"t{n}")))[0] == 200
    assert code_of(await graph.graph("POST", PATH, draft(name="t100"))) == (400, 80007)
