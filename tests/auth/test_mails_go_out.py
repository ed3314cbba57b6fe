"""Every letter of this module, through the real outbox: what it is filled with is what its template takes."""

from typing import Any

import pytest
from signing_up import PASSWORD, new_email

from rig import Rig, open_rig


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str):
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


async def test_every_letter_is_written_into_the_outbox(rig: Rig) -> None:
    email, moved = new_email(), new_email()

    async def post(path: str, token: str = "", agent: str = "Uno/1", **body: Any) -> Any:
        headers = {"User-Agent": agent, **({"Authorization": f"Bearer {token}"} if token else {})}
        async with rig.http.post(f"{rig.url}/api/auth/{path}", json=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json(content_type=None) if answer.status == 200 else None

    await post("register", name="Ana", email=email, password=PASSWORD)
    async with rig.house.db.system("a test verifies an address") as tx:
        await tx.execute("update app.users set email_verified_at = now() where email = %s", (email,))
    await post("register", name="Ana", email=email, password=PASSWORD)
    held = await post("login", email=email, password=PASSWORD)
    await post("login", email=email, password=PASSWORD, agent="Dos/1 \u202e<b>")
    await post("change-password", held["access_token"], current_password=PASSWORD, password="otra, distinta")
    await post("change-email", held["access_token"], current_password="otra, distinta", email=moved)
    await post("forgot-password", email=email)
    tokens = [held["refresh_token"]]
    for _ in range(2):
        tokens.append((await post("refresh", refresh_token=tokens[-1]))["refresh_token"])
    async with rig.house.db.system("a test waits") as tx:
        await tx.execute("update app.refresh_tokens set used_at = used_at - interval '1 min' where used_at is not null")
    async with rig.http.post(f"{rig.url}/api/auth/refresh", json={"refresh_token": tokens[0]}) as answer:
        assert answer.status == 401
    async with rig.house.db.system("a test looks") as tx:
        rows = await tx.rows("select template from app.mails where recipient = any (%s)", ([email, moved],))
    assert {row.template for row in rows} == {
        "verify_email",
        "already_registered",
        "new_sign_in",
        "password_changed",
        "email_change_confirm",
        "reset_password",
        "session_ended_by_reuse",
    }
