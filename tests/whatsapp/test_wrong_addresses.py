"""Whatever stands in an address or a form, the answer is a page or a refusal, never a failure of ours."""

import base64
import json
from uuid import UUID

import pytest
from yarl import URL

from rig import Rig, Shop

NOW = "2026-01-01T00:00:00+00:00"
WRONG_IDS = {
    "no uuid": "z" * 36,
    "NUL": "\x00" * 36,
    "one NUL": "\x00",
    "half an emoji": "\ud800",
    "superscript": "²",
    "forty digits": "9" * 40,
    "nineteen digits": "9" * 19,
    "a number": 7,
    "nothing": None,
    "a list": [1],
}


@pytest.fixture(scope="module")
async def shop(rig: Rig) -> Shop:
    shop = await rig.shop(enabled=False)
    await rig.heard(shop)
    return shop


@pytest.fixture(scope="module")
async def conversation(rig: Rig, shop: Shop) -> UUID:
    [message] = await rig.messages(shop)
    found: UUID = message.conversation_id
    return found


def cursor(at: object, rest: object) -> str:
    return base64.urlsafe_b64encode(json.dumps([at, rest]).encode()).decode().rstrip("=")


async def status_of(rig: Rig, shop: Shop, path: str) -> int:
    async with rig.http.get(URL(rig.url + path, encoded=True), headers=rig.bearer(shop)) as answer:
        await answer.read()
        return answer.status


@pytest.mark.parametrize("rest", list(WRONG_IDS.values()), ids=list(WRONG_IDS))
async def test_a_cursor_with_a_wrong_id_is_refused(rig: Rig, shop: Shop, conversation: UUID, rest):
    wrong = cursor(NOW, rest)
    for path in (
        f"/inbox?cursor={wrong}",
        f"/inbox/rows?cursor={wrong}",
        f"/inbox/{conversation}?before={wrong}",
        f"/ledger/rows?group=webhooks&state=received&cursor={wrong}",
        f"/ledger/rows?group=inbound&state=stored&cursor={wrong}",
        f"/contacts?cursor={wrong}",
        f"/api/contacts?cursor={wrong}",
    ):
        assert await status_of(rig, shop, path) == 422, path


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01", "", None, 7])
async def test_a_cursor_with_an_odd_time_breaks_nothing(rig: Rig, shop: Shop, conversation: UUID, at):
    assert await status_of(rig, shop, f"/inbox?cursor={cursor(at, f'0.{conversation}')}") in (200, 422)


@pytest.mark.parametrize(
    "path",
    [
        "/inbox?q=%00",
        "/inbox?q=a%00b",
        "/inbox/rows?q=%00",
        "/inbox/{}?q=%00",
        "/inbox/{}?before=%00",
        "/ledger/rows?group=webhooks&state=%00",
        "/ledger/rows?group=inbound&state=ignored&reason=%00",
        "/inbox/%00",
    ],
)
async def test_a_nul_in_an_address_is_refused(rig: Rig, shop: Shop, conversation: UUID, path: str):
    assert await status_of(rig, shop, path.format(conversation)) == 422


@pytest.mark.parametrize("q", ["%ED%A0%80", "%FF", "%C2%B2%C2%B2%C2%B2", "%25%25", "%5C", "_"])
async def test_any_other_search_is_a_search(rig: Rig, shop: Shop, q: str):
    assert await status_of(rig, shop, f"/inbox?q={q}") == 200


@pytest.mark.parametrize("what", ["seen", "take-over", "give-back"])
async def test_the_conversation_of_another_business_is_not_there(rig: Rig, conversation: UUID, what: str):
    stranger = await rig.shop()
    async with rig.http.post(
        f"{rig.url}/inbox/{conversation}/{what}", headers=rig.bearer(stranger), allow_redirects=False
    ) as answer:
        assert answer.status == 404


async def test_a_form_sent_again_with_other_words_comes_back_to_be_sent_as_a_new_message(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation = await rig.heard(shop)
    key = "a-form-of-this-page"
    path = f"{rig.url}/inbox/{conversation}/reply"
    async with rig.http.post(path, data={"key": key, "text": "uno"}, headers=rig.bearer(shop)) as answer:
        assert answer.status == 200
    async with rig.http.post(path, data={"key": key, "text": "dos"}, headers=rig.bearer(shop)) as answer:
        page = await answer.text()
        assert answer.status == 422
    assert "dos</textarea>" in page
    assert key not in page
    await rig.settled(shop, webhooks=1)
    assert rig.accepted(shop) == ["uno"]
