"""What Resend tells of our mails: verified, kept, and a step forward or nothing."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from post_office import SECRET, Post

from rig import Rig, eventually, open_rig
from wacloud.modules.notification.application.accept_report import read_secrets
from wacloud.modules.notification.domain.mail import may_move
from wacloud.twins.resend.webhooks import body_of, signed


async def delivered(post: Post) -> Any:
    to = post.address()
    await post.queue(to)
    return await post.becomes(to, "delivered")


async def report(post: Post, row: Any, kind: str, **more: Any) -> None:
    """Tell it of the first mail they got, and wait until it is processed."""
    mail, *_ = post.arrived(row.recipient)
    body = body_of(mail, kind, **more)
    assert await post.webhook(body, signed(SECRET, body)) == 200
    await processed(post, body)


async def processed(post: Post, body: bytes) -> Any:
    async def look() -> Any:
        async with post.deps.db.system("test: look at webhooks") as tx:
            return await tx.row(
                "select * from app.webhook_inbox where provider = 'resend' and body = %s and state <> 'pending'",
                (body,),
            )

    return await eventually(look)


async def test_a_mail_is_delivered_by_the_word_of_the_provider(post: Post):
    row = await delivered(post)
    assert row.sent_at is not None


async def test_a_report_is_kept_as_it_came(post: Post):
    row = await delivered(post)
    [mail] = post.arrived(row.recipient)
    body = body_of(mail, "email.delivery_delayed")
    headers = signed(SECRET, body)
    for _ in range(2):
        assert await post.webhook(body, headers) == 200
    kept = await processed(post, body)
    assert kept.headers["svix-id"] == headers["svix-id"]
    assert kept.state == "processed"


@pytest.mark.parametrize(
    ("kind", "more", "state", "suppressed"),
    [
        ("email.bounced", {}, "bounced", "bounced"),
        ("email.bounced", {"bounce": {"type": "Transient", "subType": "MailboxFull"}}, "bounced", None),
        ("email.complained", {}, "complained", "complained"),
        ("email.suppressed", {}, "suppressed", "bounced"),
        ("email.opened", {}, "delivered", None),
        ("email.sent", {}, "delivered", None),
        ("email.from_the_future", {}, "delivered", None),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_reports_move_a_mail_forward_only(post: Post, kind: str, more: Any, state: str, suppressed: str | None):
    row = await delivered(post)
    await report(post, row, kind, **more)
    [after] = await post.rows(row.recipient)
    assert after.state == state
    await post.queue(row.recipient, "email_changed")
    async with post.deps.db.system("test: look at suppressions") as tx:
        assert await post.deps.suppressions.why(tx, row.recipient) == suppressed
    await report(post, row, "email.delivered")
    [after, *_] = await post.rows(row.recipient)
    assert after.state == state


async def test_after_a_bounce_the_next_mail_is_not_sent_and_says_why(post: Post):
    row = await delivered(post)
    await report(post, row, "email.bounced")
    sent = len(post.posts(row.recipient))
    await post.queue(row.recipient, "email_changed")

    async def look() -> Any:
        last = (await post.rows(row.recipient))[-1]
        return last if last.state == "suppressed" else None

    assert (await eventually(look)).reason == "bounced"
    assert len(post.posts(row.recipient)) == sent


async def test_reports_of_mails_that_are_not_ours_are_noted(post: Post):
    for data in ({"email_id": str(uuid4()), "to": ["x@y.test"]}, {}, {"email_id": 7, "tags": "x", "bounce": "y"}):
        body = json.dumps({"type": "email.bounced", "data": data, "n": str(uuid4())}).encode()
        assert await post.webhook(body, signed(SECRET, body)) == 200
        kept = await processed(post, body)
        assert (kept.state, kept.notes) == ("processed", ["no mail here has this id"])


async def test_a_body_nobody_can_read_is_kept_as_failed(post: Post):
    for body in (b"not json " + uuid4().hex.encode(), json.dumps([uuid4().hex]).encode()):
        assert await post.webhook(body, signed(SECRET, body)) == 200
        assert (await processed(post, body)).state == "failed"


@pytest.mark.parametrize("how", ["no headers", "other secret", "other body", "old", "future", "no version", "nonsense"])
async def test_what_is_not_signed_is_refused_and_not_kept(post: Post, how: str):
    body = json.dumps({"type": "email.bounced", "n": uuid4().hex}).encode()
    now = int(time.time())
    other = "whsec_" + base64.b64encode(b"another secret").decode()
    headers = {
        "no headers": {},
        "other secret": signed(other, body),
        "other body": signed(SECRET, body + b" "),
        "old": signed(SECRET, body, at=now - 301),
        "future": signed(SECRET, body, at=now + 310),
        "no version": {**signed(SECRET, body), "svix-signature": signed(SECRET, body)["svix-signature"][3:]},
        "nonsense": {"svix-id": "x", "svix-timestamp": "9" * 40, "svix-signature": "v1,é v1 ,, v2,x"},
    }[how]
    assert await post.webhook(body, headers) == 401
    async with post.deps.db.system("test: look at webhooks") as tx:
        assert await tx.row("select 1 from app.webhook_inbox where body = %s", (body,)) is None


async def test_one_of_several_signatures_is_enough(post: Post):
    body = json.dumps({"type": "email.opened", "n": uuid4().hex}).encode()
    headers = signed(SECRET, body)
    headers["svix-signature"] = f"v1,AAAA {headers['svix-signature']} v1a,BBBB"
    assert await post.webhook(body, headers) == 200


async def test_a_body_without_end_is_refused(post: Post):
    body = b"x" * (1024 * 1024 + 1)
    assert await post.webhook(body, signed(SECRET, body)) == 413


async def test_without_a_secret_nobody_is_believed(new_database: Callable[[], Any], redis_url: str):
    async with open_rig(new_database().app_dsn, redis_url) as rig:
        assert await _status(rig, signed(SECRET, b"{}")) == 403


async def _status(rig: Rig, headers: dict[str, str]) -> int:
    async with rig.http.post(f"{rig.url}/api/webhooks/resend", data=b"{}", headers=headers) as answer:
        return answer.status


def test_secrets_are_read_as_resend_shows_them():
    assert read_secrets([SECRET]) == (b"the webhook secret of the tests",)
    assert read_secrets([]) == ()
    with pytest.raises(ValueError, match="whsec_"):
        read_secrets(["whsec_not base64!"])


def test_steps_go_forward():
    order = ["queued", "sending", "unconfirmed", "sent", "delayed", "delivered", "bounced", "complained"]
    for at, state in enumerate(order):
        assert all(may_move(state, later) for later in order[at + 1 :])
        assert not any(may_move(state, earlier) for earlier in order[: at + 1])
