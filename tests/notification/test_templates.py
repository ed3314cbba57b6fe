"""Every mail in both languages: filled with hostile values, carried as MIME, read by the standard library."""

import email
import re
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser
from uuid import uuid4

import pytest

from wacloud.modules.notification.api import TemplateMisused
from wacloud.modules.notification.domain.mail import Email, MailId, StoredMail, is_one_address
from wacloud.modules.notification.domain.templates import LANGUAGES, TEMPLATES, Kind, one_line, prepare
from wacloud.modules.notification.infra.mime import AddressNotPossible, read_sender, to_mime
from wacloud.modules.notification.ui.compose import JinjaComposer

BASE = "https://app.example.com"
HOSTILE = (
    'Ana\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script>"><img src=x onerror=alert(1)> '
    "{{ 7 * 7 }} {% include 'x' %} %(link)s ${7*7} \u202egnp.exe \x00\u2028evil.com http://evil.com/x"
)
VALUES = {
    Kind.NAME: HOSTILE,
    Kind.LINK: f"{BASE}/reset?token=abc&next=%2Finbox%22%3E",
    Kind.CODE: "482913",
    Kind.TIME: "2026-11-25T23:40:00+00:00",
    Kind.PLACE: "2001:db8::7\r\nX: y<b>",
    Kind.WORD: "totp_added",
}
EVERY = [(template, language) for template in TEMPLATES for language in LANGUAGES]


def composed(template: str, language: str, *, zone: str | None = "America/Bogota", **more: str) -> Email:
    values = {name: VALUES[kind] for name, kind in TEMPLATES[template].values.items()} | more
    mail = StoredMail(
        MailId(uuid4()), None, None, "ana@example.com", template, language, None, "queued", 0, datetime.now(UTC)
    )
    return JinjaComposer().compose(mail, prepare(template, values, BASE), zone)


def carried(mail: Email) -> EmailMessage:
    """As it comes out of the network at the other end."""
    sent = to_mime(mail, sender="WhatsApp Cloud <no-reply@mail.example.com>", reply_to="", clock=lambda: NOW)
    return email.message_from_bytes(sent.as_bytes(), policy=policy.default)


NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_hostile_values_stay_text_and_one_recipient(template: str, language: str) -> None:
    message = carried(composed(template, language))
    assert message.defects == []
    assert [address.addr_spec for address in message["to"].addresses] == ["ana@example.com"]
    assert {name.lower() for name in message} == {
        "from", "to", "subject", "date", "message-id", "auto-submitted", "x-auto-response-suppress",
        "mime-version", "content-type",
    }  # fmt: skip
    assert message["auto-submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    elements = Elements(html.get_content()).found
    assert not {tag for tag, _ in elements} & {"script", "img", "iframe", "form", "link", "object", "input"}
    for tag, attributes in elements:
        assert not [name for name in attributes if name.startswith("on")], tag
    links = {attributes["href"] for tag, attributes in elements if tag == "a"}
    assert all(link and link.startswith(f"{BASE}/") for link in links)
    for part in (plain.get_content(), html.get_content()):
        assert "49" not in part, "template syntax in a value was run"
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", part)
        assert "http://evil.com" not in part
        assert not re.search(r"\bevil\.com\b", part)


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_text_and_html_say_the_same_in_one_language(template: str, language: str) -> None:
    mail = composed(template, language, **{n: "Ana" for n, k in TEMPLATES[template].values.items() if k is Kind.NAME})
    assert f'<html lang="{language}"' in mail.html
    assert "<title>" in mail.html
    assert "max-width:560px" in mail.html
    assert "prefers-color-scheme: dark" in mail.html
    words = re.sub(r"<(style|head)\b.*?</\1>", "", mail.html, flags=re.DOTALL)
    words = " ".join(re.sub(r"<[^>]*>", " ", words).replace("&amp;", "&").split())
    for line in mail.text.splitlines():
        said = line.removesuffix(":").strip()
        if said and said != "--" and ": " not in said:
            assert said in words, said
    other = composed(template, "en" if language == "es" else "es")
    assert mail.subject != other.subject
    assert "%(" not in mail.subject + mail.text + mail.html
    assert 10 <= len(mail.subject) <= 150


def test_links_lead_to_our_own_address_only() -> None:
    for link in (
        "https://evil.example/x",
        f"{BASE}.evil.example/x",
        BASE,
        f"{BASE}@evil.example/",
        f"{BASE}/x\r\nBcc: y",
        f'{BASE}/"><script>',
        f"{BASE}/" + "x" * 3000,
    ):
        with pytest.raises(TemplateMisused):
            prepare("reset_password", {"link": link}, BASE)


@pytest.mark.parametrize(
    ("template", "values"),
    [("nothing_like_it", {}), ("reset_password", {}), ("password_changed", {"link": f"{BASE}/x"})],
)
def test_a_mail_that_cannot_be_filled_is_our_own_mistake(template: str, values: dict[str, str]) -> None:
    with pytest.raises(TemplateMisused):
        prepare(template, values, BASE)


def test_times_are_told_in_the_readers_zone_with_its_name() -> None:
    assert "18:40 (America/Bogota)" in composed("new_sign_in", "es").text
    assert "(Europe/Madrid)" in composed("new_sign_in", "es", zone=None).text
    assert "(Europe/Madrid)" in composed("new_sign_in", "es", zone="Nowhere/At_All").text


def test_a_time_that_is_not_given_is_the_mails_own() -> None:
    values = prepare("new_sign_in", {"device": "Firefox", "address": "203.0.113.7"}, BASE)
    at = datetime(2026, 11, 26, 0, 30, tzinfo=UTC)
    mail = StoredMail(MailId(uuid4()), None, None, "a@b.test", "new_sign_in", "en", None, "queued", 0, at)
    assert "25 Nov 2026, 19:30 (America/Bogota)" in JinjaComposer().compose(mail, values, "America/Bogota").text


def test_a_word_the_template_does_not_know_is_told_in_general() -> None:
    assert "The way you sign in was changed." in composed("factor_changed", "en", what="<b>something new</b>").text


@pytest.mark.parametrize(
    "address",
    [
        "a@b.test, c@d.test", "a@b.test\r\nBcc: c@d.test", "Ana <a@b.test>", "a@b@c.test", "@b.test", "a@",
        "a@b.test;c@d.test", '"a,b"@c.test', "a@b.test\x00", "a" * 250 + "@b.test", "", "a@.test", "(x)a@b.test",
        "a b@c.test",
    ],
)  # fmt: skip
def test_what_is_not_exactly_one_address_is_none(address: str) -> None:
    assert not is_one_address(address)


def test_addresses_of_the_world_are_addresses() -> None:
    for address in (
        "ana@example.com",
        "ana.perez+x@sub.example.co",
        "ñandú@example.com",
        "ana@peña.example",
        "o'x@a.test",
    ):
        assert is_one_address(address), address
    mail = composed("password_changed", "es")
    there = Email(mail.id, mail.template, "ana@peña.example", mail.subject, mail.html, mail.text)
    assert carried(there)["to"].addresses[0].domain == "xn--pea-8ma.example"
    with pytest.raises(AddressNotPossible):
        carried(Email(mail.id, mail.template, "ñandú@example.com", mail.subject, mail.html, mail.text))


def test_a_sender_is_one_address() -> None:
    assert read_sender("Ana Pérez <ana@example.com>") == ("Ana Pérez", "ana@example.com")
    for sender in ("", "Ana", "a@b.test, c@d.test", "Ana <a@b.test>\r\nBcc: c@d.test"):
        with pytest.raises(ValueError, match="one address"):
            read_sender(sender)


def test_one_line_keeps_what_people_are_called() -> None:
    assert one_line("  María  José\tNúñez O'Neil 李小龍 ") == "María José Núñez O'Neil 李小龍"
