"""A mail goes out once, through the job and the real adapter to Resend's twin."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import structlog
from post_office import Post

from rig import eventually
from wacloud.modules.notification.api import Mail, queue_mail
from wacloud.modules.notification.application.lift_suppression import lift_suppression
from wacloud.modules.notification.application.mail_ledger import mail_ledger
from wacloud.modules.notification.application.mend_mails import purge_mails, wake_mails
from wacloud.modules.notification.application.send_mail import send_mail
from wacloud.modules.notification.domain.mail import MailId
from wacloud.modules.notification.infra.local_outbox import NoTransport
from wacloud.modules.notification.infra.resend import Pace
from wacloud.shared.application.jobs import Again
from wacloud.twins.resend.state import KeptMail


async def test_a_mail_arrives_in_the_readers_language_and_nothing_of_it_is_kept(post: Post, link: str):
    to = post.address()
    user_id = await post.person(to, time_zone="America/Lima")
    await post.queue(to, "verify_email", values={"link": link, "code": "123456"}, language="en", user_id=user_id)
    row = await post.becomes(to, "sent", "delivered")
    [mail] = post.arrived(to)
    assert mail.content["subject"] == "Confirm your e-mail address"
    assert link in mail.content["text"]
    assert "123456" in mail.content["html"]
    assert mail.content["to"] == [to]
    assert mail.content["from"].startswith("WhatsApp Cloud <")
    assert mail.content["headers"]["Auto-Submitted"] == "auto-generated"
    assert {tag["name"]: tag["value"] for tag in mail.content["tags"]} == {
        "mail_id": str(row.id),
        "template": "verify_email",
    }
    assert row.sealed is None
    assert row.provider_id == mail.id
    [sent] = post.posts(to)
    assert sent["key"] == str(row.id)


async def test_what_waits_to_be_sent_is_encrypted(post: Post, link: str):
    to = post.address()
    async with post.deps.db.system("test: look before the commit") as tx:
        await queue_mail(post.deps, tx, Mail(to=to, template="reset_password", language="es", values={"link": link}))
        [row] = await tx.rows("select to_jsonb(m) as all from app.mails m where recipient = %s", (to,))
        stored = str(row.all)
        assert link not in stored
        assert link.rpartition("=")[2] not in stored
        assert row.all["sealed"].startswith("v1.")
    assert link in (await _arrived(post, to)).content["text"]
    async with post.deps.db.system("test: look at the job") as tx:
        rows = await tx.rows("select payload::text as p from app.finished_jobs where kind = 'notification.send_mail'")
    assert all(set(json.loads(row.p)) == {"mail_id"} for row in rows)


async def test_what_is_rolled_back_is_never_sent(post: Post):
    to = post.address()

    async def think_again() -> None:
        async with post.deps.db.system("test: think again") as tx:
            await queue_mail(post.deps, tx, Mail(to=to, template="password_changed", language="es", values={}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await think_again()
    await asyncio.sleep(0.2)
    assert await post.rows(to) == []
    assert post.posts(to) == []


async def test_one_decision_is_one_mail(post: Post):
    to = post.address()
    await asyncio.gather(*(post.queue(to, key=f"changed:{to}") for _ in range(10)))
    await post.queue(to, key=f"changed-again:{to}")
    rows = await post.rows(to)
    assert [row.key for row in rows] == [f"changed:{to}", f"changed-again:{to}"]


async def test_a_key_is_a_businesss_own(post: Post):
    one, other = await post.rig.shop(), await post.rig.shop()
    to = post.address()
    for shop in (one, other):
        async with post.deps.db.tenant(shop.business_id) as tx:
            mail = Mail(
                to=to,
                template="api_key_created",
                language="es",
                values={"name": "x"},
                business_id=shop.business_id,
                key="the same",
            )
            await queue_mail(post.deps, tx, mail)
    assert Counter(row.business_id for row in await post.rows(to)) == {one.business_id: 1, other.business_id: 1}


async def test_a_member_may_write_in_the_name_of_their_business_and_of_no_other(post: Post):
    one, other = await post.rig.shop(), await post.rig.shop()
    to = post.address()
    invite = {"business_name": "Tienda", "inviter_name": "Marta", "link": "http://127.0.0.1:8000/invitations/x"}
    mail = Mail(to=to, template="invitation", language="es", values=invite, business_id=one.business_id)
    async with post.deps.db.member(one.user_id) as tx:
        await queue_mail(post.deps, tx, mail)
    await post.becomes(to, "sent", "delivered")
    async with post.deps.db.member(one.user_id, read_only=True) as tx:
        [row] = await tx.rows("select template, state from app.mails where business_id = %s", (one.business_id,))
        assert row.template == "invitation"
    with pytest.raises(Exception, match="row-level security"):
        async with post.deps.db.member(one.user_id) as tx:
            await queue_mail(post.deps, tx, replace(mail, to=post.address(), business_id=other.business_id))
    with pytest.raises(Exception, match="permission denied"):
        async with post.deps.db.member(one.user_id, read_only=True) as tx:
            await tx.rows("select sealed from app.mails")


@pytest.mark.parametrize(
    "rule",
    [
        {"status": 500},
        {"status": 503, "name": "service_unavailable"},
        {"status": 429, "name": "rate_limit_exceeded", "retry_after": "1"},
        {"status": 409, "name": "concurrent_idempotent_requests"},
        {"cut_before": True},
        {"accept_then_cut": True},
        {"no_id": True},
    ],
    ids=lambda rule: "-".join(map(str, rule.values())),
)
async def test_what_may_be_repeated_is_repeated_with_the_same_key_and_sent_once(post: Post, rule: dict[str, Any]):
    to = post.address()
    post.misbehave(to, times=2, **rule)
    await post.queue(to)
    row = await post.hurried(to, "sent", "delivered")
    assert len(post.arrived(to)) == 1
    assert {sent["key"] for sent in post.posts(to)} == {str(row.id)}
    # Where the mail was taken and only the answer lost, the provider's webhook may come before the next try.
    assert len(post.posts(to)) <= 3 if "accept_then_cut" in rule or "no_id" in rule else len(post.posts(to)) == 3
    assert row.sealed is None


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"status": 422, "name": "validation_error"}, "resend:validation_error"),
        ({"status": 429, "name": "daily_quota_exceeded"}, "resend:daily_quota_exceeded"),
        ({"status": 429, "name": "monthly_quota_exceeded"}, "resend:monthly_quota_exceeded"),
    ],
)
async def test_a_refusal_is_final_and_asked_once(post: Post, rule: dict[str, Any], reason: str):
    to = post.address()
    post.misbehave(to, times=5, **rule)
    await post.queue(to)
    row = await post.hurried(to, "failed")
    await asyncio.sleep(0.1)
    await post.hurry()
    assert (row.reason, row.sealed, len(post.posts(to))) == (reason, None, 1)


async def test_a_quota_is_an_alarm_and_no_log_line_tells_an_address_or_a_link(post: Post, link: str):
    to = post.address()
    post.misbehave(to, status=429, name="daily_quota_exceeded")
    with structlog.testing.capture_logs() as lines:
        await post.queue(to, "reset_password", values={"link": link})
        await post.becomes(to, "failed")
    assert [line["log_level"] for line in lines if line["event"] == "mail.stopped"] == ["error"]
    assert to not in str(lines)
    assert link not in str(lines)


async def test_a_dead_key_holds_mails_until_somebody_repairs_it(post: Post):
    to = post.address()
    post.misbehave(to, times=1, status=403, name="invalid_api_key")
    await post.queue(to)

    async def held() -> Any:
        [row] = await post.rows(to)
        return row if row.reason else None

    row = await eventually(held)
    assert (row.state, row.reason) == ("queued", "resend:invalid_api_key")
    await post.hurried(to, "sent", "delivered")


async def test_a_template_that_changed_between_two_tries_does_not_send_twice(post: Post):
    to = post.address()
    post.misbehave(to, accept_then_cut=True)
    user_id = await post.person(to)
    values = {"device": "Firefox", "address": "203.0.113.7", "at": "2026-11-25T12:00:00+00:00"}
    await post.queue(to, "new_sign_in", values=values, user_id=user_id)
    await post.becomes(to, "sending", "delivered")
    async with post.deps.db.system("test: they move") as tx:
        await tx.execute("update app.users set time_zone = 'Asia/Tokyo' where id = %s", (user_id,))
    row = await post.hurried(to, "unconfirmed", "sent", "delivered")
    # The webhook of the first try names our own id, and may have come before the second try.
    assert row.state in ("unconfirmed", "sent", "delivered")
    assert len(post.arrived(to)) == 1
    await post.hurried(to, "delivered")


async def test_a_worker_that_died_while_sending_is_followed_by_one_that_sends_it_once(post: Post):
    to = post.address()
    await post.queue(to)
    row = await post.becomes(to, "sent", "delivered")
    # As if the first had died after the provider's answer and before it wrote it down.
    async with post.deps.db.system("test: forget the answer") as tx:
        await tx.execute(
            "update app.mails set state = 'sending', provider_id = null, sealed = %s where id = %s",
            (post.deps.seal("{}"), row.id),
        )
    await send_mail(post.deps, MailId(row.id))
    again = await post.becomes(to, "sent", "delivered")
    assert again.provider_id == row.provider_id
    assert len(post.arrived(to)) == 1


async def test_a_job_that_runs_twice_sends_once(post: Post):
    to = post.address()
    await post.queue(to)
    row = await post.becomes(to, "sent", "delivered")
    await asyncio.gather(*(send_mail(post.deps, MailId(row.id)) for _ in range(5)))
    assert len(post.posts(to)) == 1
    await send_mail(post.deps, MailId(UUID(int=1)))


async def test_what_is_too_old_is_not_sent(post: Post, link: str):
    to = post.address()
    mail = Mail(to=to, template="reset_password", language="es", values={"link": link})
    async with post.deps.db.system("test: an old mail") as tx:
        mail_id = await post.deps.mails.add_once(tx, mail, sealed=post.deps.seal("{}"), is_asked=True)
        assert mail_id
        await tx.execute("update app.mails set created_at = now() - interval '61 minutes' where id = %s", (mail_id,))
    await send_mail(post.deps, mail_id)
    [row] = await post.rows(to)
    assert (row.state, row.reason, row.sealed) == ("failed", "gave_up", None)
    assert post.posts(to) == []


async def test_a_mail_nobody_can_open_fails_and_says_so(post: Post):
    to = post.address()
    async with post.deps.db.system("test: sealed with a key that is gone") as tx:
        mail = Mail(to=to, template="password_changed", language="es", values={})
        mail_id = await post.deps.mails.add_once(tx, mail, sealed="v1.00000000.AAAA", is_asked=False)
        assert mail_id
    await send_mail(post.deps, mail_id)
    [row] = await post.rows(to)
    assert (row.state, row.reason) == ("failed", "cannot_compose")


async def test_a_mail_whose_job_was_lost_gets_another(post: Post):
    to = post.address()
    async with post.deps.db.system("test: a mail without a job") as tx:
        mail = Mail(to=to, template="password_changed", language="es", values={})
        mail_id = await post.deps.mails.add_once(tx, mail, sealed=post.deps.seal("{}"), is_asked=False)
        await tx.execute("update app.mails set changed_at = now() - interval '30 minutes' where id = %s", (mail_id,))
    await wake_mails(post.deps)
    await post.becomes(to, "sent", "delivered")


async def test_without_anybody_who_takes_mails_they_wait(post: Post):
    to = post.address()
    deps = replace(post.deps, transport=NoTransport())
    async with post.deps.db.system("test: a mail without a job") as tx:
        mail = Mail(to=to, template="password_changed", language="es", values={})
        mail_id = await post.deps.mails.add_once(tx, mail, sealed=post.deps.seal("{}"), is_asked=False)
        assert mail_id
    outcome = await send_mail(deps, mail_id)
    assert isinstance(outcome, Again)
    assert outcome.after >= timedelta(minutes=1)
    [row] = await post.rows(to)
    assert (row.state, row.reason) == ("queued", "no_transport")
    assert row.sealed


async def test_one_that_a_server_keeps_waiting_holds_up_no_other(post: Post):
    slow, quick = post.address(), post.address()
    post.misbehave(slow, delay_ms=3000)
    await post.queue(slow)
    await post.queue(quick)
    await post.becomes(quick, "sent", "delivered", seconds=2.5)
    assert (await post.rows(slow))[0].state == "sending"


async def test_an_address_that_is_a_list_is_kept_as_impossible(post: Post):
    to = f"{post.address()}, {post.address()}"
    await post.queue(to)
    [row] = await post.rows(to)
    assert (row.state, row.reason, row.sealed) == ("failed", "address_not_possible", None)
    assert post.posts(to) == []
    for _ in range(25):
        await post.queue("nobody\x00")
    assert len(await post.rows("nobody\N{REPLACEMENT CHARACTER}")) == 20


async def test_old_mails_go(post: Post):
    to = post.address()
    await post.queue(to)
    row = await post.becomes(to, "sent", "delivered")
    async with post.deps.db.system("test: long ago") as tx:
        await tx.execute("update app.mails set created_at = now() - interval '91 days' where id = %s", (row.id,))
    await purge_mails(post.deps)
    assert await post.rows(to) == []


async def test_a_suppressed_address_gets_nothing_until_it_is_lifted(post: Post):
    to = post.address()
    async with post.deps.db.system("test: it bounced") as tx:
        await post.deps.suppressions.add(tx, to.upper(), "bounced", MailId(UUID(int=1)))
    await post.queue(to)
    row = await post.becomes(to, "suppressed")
    assert (row.reason, row.sealed) == ("bounced", None)
    assert post.posts(to) == []
    assert await lift_suppression(post.deps, f" {to} ")
    assert not await lift_suppression(post.deps, to)


async def test_an_operator_sees_where_mails_stand_and_why(post: Post):
    to = post.address()
    post.misbehave(to, status=422, name="validation_error")
    await post.queue(to)
    await post.becomes(to, "failed")
    counts, unsent = await mail_ledger(post.deps)
    assert counts["failed"] >= 1
    assert (unsent[0].recipient, unsent[0].state, unsent[0].reason) == (to, "failed", "resend:validation_error")


def test_mails_keep_their_distance():
    pace = Pace(a_second=4)
    assert [round(pace.take(100.0), 2) for _ in range(3)] == [0, 0.25, 0.5]
    assert pace.take(200.0) == 0


async def _arrived(post: Post, to: str) -> KeptMail:
    await post.becomes(to, "sent", "delivered")
    [mail] = post.arrived(to)
    return mail
