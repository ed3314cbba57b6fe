"""F7: a request that comes again with its Idempotency-Key has one effect, whatever happens in between."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from business_people import NEW, People, Someone, Told

from rig import Rig, open_rig
from wacloud.modules.business.ui import json_api, team_api
from wacloud.shared.application.db import StoreAway
from wacloud.shared.infra.idempotency import PostgresIdempotency

sys.path.insert(0, str(Path(__file__).parents[1] / "architecture"))

from described import Description, Operation, application

API = Description(application().openapi())
# Operations that make something, without the header, and why. Whoever is not signed in is nobody a key could belong to.
WITHOUT = {
    "upload_media": "a stream of up to 100 MB; a file sent again takes room for two days, and nothing else",
    "add_knowledge_file": "a file of up to 20 MB; sent again it is read again, and one of the two can be removed",
    "resend_verification": "it makes a mail: the newest link counts, and mails are limited",
    "sync_templates": "one job waits for each business: asked twice it is asked once",
    "change_email": "it makes a mail, and its body holds a password, of which nothing is kept",
}


def makes(operation: Operation) -> bool:
    """A POST by somebody we know, answered with 201 or 202."""
    is_known = operation.method == "POST" and "security" in operation.told
    return is_known and not {"201", "202"}.isdisjoint(operation.told["responses"])


def takes_key(operation: Operation) -> bool:
    return any(one["name"] == "Idempotency-Key" for one in operation.told.get("parameters", ()))


@pytest.mark.parametrize("operation", [one for one in API.operations if makes(one)], ids=str)
def test_whatever_makes_something_takes_a_key(operation: Operation) -> None:
    if operation.told["operationId"] in WITHOUT:
        assert not takes_key(operation)
        return
    assert takes_key(operation), "add `idempotent()` to it, or say in WITHOUT why not"
    assert {"409", "422"} <= operation.told["responses"].keys()


def test_the_exceptions_are_needed() -> None:
    assert {one.told["operationId"] for one in API.operations if makes(one)} >= WITHOUT.keys()


async def post(
    rig: Rig,
    who: Someone | str,
    path: str,
    body: Any,
    key: str | None = None,
    url: str = "",
    headers: Mapping[str, str] | None = None,
) -> Told:
    """As a person, or a program with an API key."""
    sent = {"authorization": f"Bearer {who}"} if isinstance(who, str) else rig.bearer(cast(Any, who))
    sent |= {"idempotency-key": key} if key else {}
    async with rig.http.post((url or rig.url) + path, json=body, headers={**sent, **(headers or {})}) as answer:
        return Told(answer.status, await answer.text(), {k.lower(): v for k, v in answer.headers.items()})


async def mine(people: People, who: Someone) -> int:
    return len((await people.ask(who, "GET", "/api/businesses")).json)


async def end_leases(rig: Rig) -> None:
    async with rig.house.db.system("test: time passes") as tx:
        await tx.execute("update app.idempotency_keys set leased_until = clock_timestamp() where state = 'running'")


async def kept(rig: Rig) -> list[Any]:
    async with rig.house.db.system("test: look") as tx:
        return await tx.rows("select *, k::text as whole from app.idempotency_keys k order by created_at, id")


@pytest.fixture(autouse=True)
async def _nothing_kept(rig: Rig) -> None:
    async with rig.house.db.system("test: begin anew") as tx:
        await tx.execute("delete from app.idempotency_keys")


async def test_the_same_request_again_gets_the_first_answer(people: People, rig: Rig) -> None:
    somebody = await people.someone()
    first = await post(rig, somebody, "/api/businesses", NEW, "one")
    again = await post(rig, somebody, "/api/businesses", NEW, "one")
    assert (first.status, first.headers.get("idempotency-replayed")) == (201, None)
    assert (again.status, again.text, again.headers["idempotency-replayed"]) == (201, first.text, "true")
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["cache-control"] == "no-store"
    assert await mine(people, somebody) == 1
    # Without a key, and with another, it is another.
    assert (await post(rig, somebody, "/api/businesses", NEW)).status == 201
    assert (await post(rig, somebody, "/api/businesses", NEW, "two")).status == 201
    assert await mine(people, somebody) == 3


async def test_ten_at_once_are_one_effect(people: People, rig: Rig) -> None:
    somebody = await people.someone()
    answers = await asyncio.gather(*(post(rig, somebody, "/api/businesses", NEW, "one") for _ in range(10)))
    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.json["id"] for answer in answers if answer.status == 201}) == 1
    for answer in answers:
        if answer.status == 409:
            assert answer.code == "idempotency_key_in_use"
            assert int(answer.headers["retry-after"]) >= 1
    assert await mine(people, somebody) == 1
    assert (await post(rig, somebody, "/api/businesses", NEW, "one")).headers["idempotency-replayed"] == "true"


async def test_another_body_with_the_same_key_is_refused(people: People, rig: Rig) -> None:
    owner = await people.business()
    invitations = f"/api/businesses/{owner.business_id}/invitations"
    body = {"email": "ivan@example.com", "role": "agent"}
    assert (await post(rig, owner, invitations, body, "one")).status == 201
    for other in (body | {"role": "admin"}, body | {"email": "otra@example.com"}):
        refused = await post(rig, owner, invitations, other, "one")
        assert (refused.status, refused.code) == (422, "idempotency_key_reused")
    assert len((await people.here(owner, "GET", "/invitations")).json) == 1
    # Another operation has keys of its own.
    assert (await post(rig, owner, "/api/businesses", NEW, "one")).status == 201


async def test_keys_of_other_people_businesses_and_api_keys_are_others(people: People, rig: Rig) -> None:
    owner, stranger = await people.business(), await people.business()
    admin = await people.join(owner, "admin")
    body = {"email": "ivan@example.com", "role": "agent"}
    for who in (owner, admin, stranger):
        path = f"/api/businesses/{who.business_id}/invitations"
        made = await post(rig, who, path, body, "one")
        assert (made.status, made.headers.get("idempotency-replayed")) == (201, None)
    assert len({row.caller for row in await kept(rig)}) == 3
    assert {row.business_id for row in await kept(rig)} == {owner.business_id, stranger.business_id}


async def test_what_was_refused_for_its_form_or_by_a_limit_may_be_sent_again(people: People, rig: Rig) -> None:
    owner = await people.business()
    invitations = f"/api/businesses/{owner.business_id}/invitations"
    assert (await post(rig, owner, invitations, {"email": "ivan@example.com"}, "one")).status == 422
    for number in range(5):
        path, body = invitations, {"email": "eva@example.com", "role": "agent"}
        assert (await post(rig, owner, path, body, f"n{number}")).status in (201, 429)
    assert (await post(rig, owner, invitations, {"email": "eva@example.com", "role": "agent"}, "limited")).status == 429
    assert {row.key for row in await kept(rig)}.isdisjoint({"one", "limited"})
    assert (await post(rig, owner, invitations, {"email": "ivan@example.com", "role": "agent"}, "one")).status == 201


async def test_a_refusal_of_the_operation_itself_is_kept(people: People, rig: Rig) -> None:
    owner = await people.business()
    agent = await people.join(owner, "agent")
    invitations = f"/api/businesses/{owner.business_id}/invitations"
    body = {"email": agent.email, "role": "agent"}
    first = await post(rig, owner, invitations, body, "one")
    assert (first.status, first.code) == (409, "already_member")
    await people.here(owner, "DELETE", f"/members/{agent.user_id}")
    again = await post(rig, owner, invitations, body, "one")
    assert (again.text, again.headers["content-type"]) == (first.text, "application/problem+json")
    assert (await post(rig, owner, invitations, body, "two")).status == 201


async def test_who_may_not_ask_any_more_gets_no_old_answer(people: People, rig: Rig) -> None:
    owner = await people.business()
    admin = await people.join(owner, "admin")
    invitations = f"/api/businesses/{owner.business_id}/invitations"
    body = {"email": "ivan@example.com", "role": "agent"}
    assert (await post(rig, admin, invitations, body, "one")).status == 201
    await people.here(owner, "PATCH", f"/members/{admin.user_id}", {"role": "analyst"})
    assert (await post(rig, admin, invitations, body, "one")).status == 403


@pytest.mark.parametrize("error", [RuntimeError("a bug"), StoreAway("gone")])
async def test_after_a_failure_of_ours_it_is_tried_again(
    people: People, rig: Rig, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    somebody = await people.someone()

    async def fails(*_: Any, **__: Any) -> Any:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(json_api, "open_business", fails)
        assert (await post(rig, somebody, "/api/businesses", NEW, "one")).status in (500, 503)
    made = await post(rig, somebody, "/api/businesses", NEW, "one")
    assert (made.status, made.headers.get("idempotency-replayed")) == (201, None)
    assert await mine(people, somebody) == 1


async def test_somebody_who_died_holds_a_key_until_the_lease_is_over(
    people: People, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = await people.someone()

    async def dies(*_: Any) -> None:
        raise StoreAway("killed before it could say so")

    with monkeypatch.context() as patched:
        for way in ("record", "give_up"):
            patched.setattr(PostgresIdempotency, way, dies)
        patched.setattr(json_api, "open_business", dies)
        assert (await post(rig, somebody, "/api/businesses", NEW, "one")).status == 500
    held = await post(rig, somebody, "/api/businesses", NEW, "one")
    assert (held.status, held.code) == (409, "idempotency_key_in_use")
    assert (await post(rig, somebody, "/api/businesses", {**NEW, "name": "Otra"}, "one")).status == 422
    await end_leases(rig)
    answers = await asyncio.gather(*(post(rig, somebody, "/api/businesses", NEW, "one") for _ in range(5)))
    assert {answer.status for answer in answers} <= {201, 409}
    assert await mine(people, somebody) == 1


async def test_an_answer_that_comes_after_the_lease_does_not_replace_the_later_one(
    people: People, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await people.business()
    begun, go_on = asyncio.Event(), asyncio.Event()
    real = team_api.invite_member

    async def slow(*given: Any, **named: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await real(*given, **named)

    path, body = f"/api/businesses/{owner.business_id}/invitations", {"email": "ivan@example.com", "role": "agent"}
    monkeypatch.setattr(team_api, "invite_member", slow)
    first = asyncio.create_task(post(rig, owner, path, body, "one"))
    await begun.wait()
    monkeypatch.setattr(team_api, "invite_member", real)
    await end_leases(rig)
    second = await post(rig, owner, path, body, "one")
    assert second.status == 201
    go_on.set()
    assert (await first).status == 201
    assert (await post(rig, owner, path, body, "one")).text == second.text


async def test_it_is_remembered_over_a_restart(people: People, rig: Rig, own_database: Any, redis_url: str) -> None:
    somebody = await people.someone()
    first = await post(rig, somebody, "/api/businesses", NEW, "one")
    async with open_rig(own_database.app_dsn, redis_url, with_worker=False) as other:
        again = await post(other, somebody, "/api/businesses", NEW, "one")
    assert (again.status, again.text, again.headers["idempotency-replayed"]) == (201, first.text, "true")


async def test_a_secret_that_is_told_once_is_never_kept_in_clear(people: People, rig: Rig) -> None:
    owner = await people.business()
    path, body = f"/api/businesses/{owner.business_id}/api-keys", {"name": "x", "scopes": ["business.read"]}
    first = await post(rig, owner, path, body, "one")
    again = await post(rig, owner, path, body, "one")
    assert first.status == 201
    assert again.json == first.json
    [row] = await kept(rig)
    assert first.json["key"][13:] not in row.whole
    assert first.json["hint"] not in row.whole
    assert row.sealed.startswith("v1.")
    assert len((await people.here(owner, "GET", "/api-keys")).json) == 1


async def test_an_answer_lost_between_the_effect_and_its_record_is_still_one_message(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await rig.shop(enabled=False)
    conversation = await rig.heard(shop)
    path = "/api/whatsapp/send"
    body = {"conversation_id": str(conversation), "text": {"body": "uno"}}
    owner = Someone(shop.user_id, "", shop.business_id, shop.session_id)

    async def dies(*_: Any) -> None:
        raise StoreAway("killed before it could say so")

    with monkeypatch.context() as patched:
        patched.setattr(PostgresIdempotency, "record", dies)
        first = await post(rig, owner, path, body, "pedido-1")
    assert first.status == 202
    assert (await post(rig, owner, path, body, "pedido-1")).status == 409
    await end_leases(rig)
    again = await post(rig, owner, path, body, "pedido-1")
    assert (again.status, again.json["message_id"]) == (202, first.json["message_id"])
    await rig.becomes(shop, first.json["message_id"], "delivered")
    assert rig.accepted(shop) == ["uno"]


async def test_two_api_keys_of_one_person_do_not_share_their_keys(rig: Rig, people: People) -> None:
    shop = await rig.shop(enabled=False)
    conversation = await rig.heard(shop)
    owner = Someone(shop.user_id, "", shop.business_id, shop.session_id)
    wish = {"name": "x", "scopes": ["messages.send"]}
    one, two = [(await people.here(owner, "POST", "/api-keys", wish)).json["key"] for _ in range(2)]
    body = {"conversation_id": str(conversation), "text": {"body": "uno"}}
    sent = [await post(rig, who, "/api/whatsapp/send", body, "1") for who in (one, two, one, owner)]
    assert {answer.status for answer in sent} == {202}
    assert sent[0].text == sent[2].text
    assert len({answer.json["message_id"] for answer in sent}) == 3


@pytest.mark.parametrize("key", ["x" * 256, "two words", "mañana"])
async def test_a_key_that_is_none_is_refused(people: People, rig: Rig, key: str) -> None:
    somebody = await people.someone()
    refused = await post(rig, somebody, "/api/businesses", NEW, key)
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert await mine(people, somebody) == 0


async def test_two_keys_at_once_are_refused(people: People, rig: Rig) -> None:
    somebody = await people.someone()
    sent = [*rig.bearer(cast(Any, somebody)).items(), ("idempotency-key", "one"), ("idempotency-key", "two")]
    async with rig.http.post(f"{rig.url}/api/businesses", json=NEW, headers=sent) as answer:
        assert answer.status == 422
    assert await mine(people, somebody) == 0


async def test_after_a_day_a_key_is_free_again_and_forgotten(people: People, rig: Rig) -> None:
    somebody = await people.someone()
    assert (await post(rig, somebody, "/api/businesses", NEW, "one")).status == 201
    async with rig.house.db.system("test: a day passes") as tx:
        await tx.execute("update app.idempotency_keys set created_at = now() - interval '25 hours'")
    assert (await post(rig, somebody, "/api/businesses", {**NEW, "name": "Otra"}, "one")).status == 201
    assert (await post(rig, somebody, "/api/businesses", NEW, "two")).status == 201
    async with rig.house.db.system("test: a day passes") as tx:
        await tx.execute("update app.idempotency_keys set created_at = now() - interval '25 hours' where key = 'two'")
    await rig.house.idempotency.forget_old()
    assert [row.key for row in await kept(rig)] == ["one"]
