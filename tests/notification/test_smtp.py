"""Any mail server: the SMTP adapter against a sink that speaks the protocol."""

import asyncio
import email
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from email import policy
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from post_office import Post

from wacloud.modules.notification.api import Mail
from wacloud.modules.notification.application.send_mail import send_mail
from wacloud.modules.notification.domain.mail import Email, MailId
from wacloud.modules.notification.infra.smtp import SmtpPlace, SmtpTransport, read_smtp_url
from wacloud.shared.application.clock import system_clock

REQUEST = (
    "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost "
    "-keyout key.pem -out cert.pem"
)


class Sink:
    """Takes mails, or refuses them as a test says."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.answer = "250 taken"
        self.cut_after_data = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        self.taken.append(envelope)
        if self.cut_after_data:
            server.transport.abort()
        return self.answer

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address.startswith("nobody"):
            return "550 there is nobody"
        if address.startswith("full"):
            return "452 full"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@asynccontextmanager
async def listening(sink: Sink, **options: Any) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, hostname="sink", loop=loop, **options), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody has signed."""
    folder = tmp_path_factory.mktemp("tls")
    made = subprocess.run(
        ["openssl", *REQUEST.split()],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("no openssl on this machine")
    return folder


def contexts(certificate: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's, and that of a client who knows it."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return server, ssl.create_default_context(cafile=str(certificate / "cert.pem"))


def an_email(to: str = "ana@example.com") -> Email:
    return Email(
        MailId(uuid4()), "password_changed", to, "Tu contraseña ha cambiado", "<p>Hola, ñandú</p>", "Hola, ñandú\n"
    )


def transport(
    port: int, *, security: str = "none", host: str = "127.0.0.1", trust: Any = None, user: str = ""
) -> SmtpTransport:
    place = SmtpPlace(host, port, user, "the password" if user else "", security)
    return SmtpTransport(
        place, sender="Nube <no-reply@mail.example.com>", reply_to="", clock=system_clock, trust=trust, timeout_s=3
    )


async def test_a_mail_arrives_as_it_was_written():
    sink = Sink()
    async with listening(sink) as port:
        result = await transport(port).send(mail := an_email())
    assert result.verdict == "accepted"
    [envelope] = sink.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@mail.example.com", ["ana@example.com"])
    message = email.message_from_bytes(envelope.content, policy=policy.default)
    assert message["subject"] == mail.subject
    assert message["message-id"] == f"<{mail.id}@mail.example.com>"
    plain, html = message.iter_parts()
    assert "ñandú" in plain.get_content()
    assert "ñandú" in html.get_content()


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (lambda sink: setattr(sink, "answer", "451 later"), "retry"),
        (lambda sink: setattr(sink, "answer", "554 never"), "refused"),
        (lambda sink: setattr(sink, "cut_after_data", True), "unknown"),
    ],
    ids=["later", "never", "no answer"],
)
async def test_what_the_server_says_of_the_mail(change: Callable[[Sink], None], verdict: str):
    sink = Sink()
    change(sink)
    async with listening(sink) as port:
        assert (await transport(port).send(an_email())).verdict == verdict


async def test_what_the_server_says_of_the_address():
    async with listening(Sink()) as port:
        assert (await transport(port).send(an_email("nobody@example.com"))).verdict == "refused"
        assert (await transport(port).send(an_email("full@example.com"))).verdict == "retry"
        assert (await transport(port).send(an_email("ñandú@example.com"))).verdict == "refused"


async def test_a_server_that_is_away_was_told_nothing():
    async with listening(Sink()) as port:
        pass
    assert (await transport(port).send(an_email())).verdict == "retry"


async def test_tls_is_demanded_and_its_certificate_verified(certificate: Path):
    context, trust = contexts(certificate)
    sink = Sink()
    async with listening(sink, tls_context=context) as port:
        ours = transport(port, security="starttls", host="localhost", trust=trust)
        assert (await ours.send(an_email())).verdict == "accepted"
        stranger = transport(port, security="starttls", host="localhost")
        assert (await stranger.send(an_email())).verdict == "retry"
    async with listening(sink) as port:
        plain = transport(port, security="starttls", host="localhost", trust=trust)
        assert (await plain.send(an_email())).verdict == "retry", "no STARTTLS, no mail"
    assert len(sink.taken) == 1


async def test_a_wrong_password_holds_mails_until_somebody_repairs_it(certificate: Path):
    def authenticator(server: Any, session: Any, envelope: Any, mechanism: Any, data: Any) -> AuthResult:
        return AuthResult(success=data.login == b"right" and data.password == b"the password", handled=False)

    context, trust = contexts(certificate)
    sink = Sink()
    async with listening(sink, tls_context=context, authenticator=authenticator, auth_required=True) as port:
        for user, verdict in (("right", "accepted"), ("wrong", "locked")):
            ours = transport(port, security="starttls", host="localhost", trust=trust, user=user)
            assert (await ours.send(an_email())).verdict == verdict


async def test_after_an_unknown_outcome_a_mail_is_never_given_to_a_server_again(post: Post):
    to = post.address()
    sink = Sink()
    sink.cut_after_data = True
    async with post.deps.db.system("test: a mail without a job") as tx:
        mail = Mail(to=to, template="password_changed", language="es", values={})
        mail_id = await post.deps.mails.add_once(tx, mail, sealed=post.deps.seal("{}"), is_asked=False)
        assert mail_id
    async with listening(sink) as port:
        deps = replace(post.deps, transport=transport(port))
        for _ in range(3):
            await send_mail(deps, mail_id)
    [row] = await post.rows(to)
    assert (row.state, row.sealed, len(sink.taken)) == ("unconfirmed", None, 1)


async def test_a_mail_whose_worker_died_is_unconfirmed_where_nobody_can_tell(post: Post):
    to = post.address()
    sink = Sink()
    async with post.deps.db.system("test: its worker died") as tx:
        mail = Mail(to=to, template="password_changed", language="es", values={})
        mail_id = await post.deps.mails.add_once(tx, mail, sealed=post.deps.seal("{}"), is_asked=False)
        assert mail_id
        await post.deps.mails.begin(tx, mail_id)
    async with listening(sink) as port:
        await send_mail(replace(post.deps, transport=transport(port)), mail_id)
    [row] = await post.rows(to)
    assert (row.state, row.reason, sink.taken) == ("unconfirmed", "worker_lost", [])


def test_addresses_of_servers():
    assert read_smtp_url("smtps://u%40x:p%3A@mail.test") == SmtpPlace("mail.test", 465, "u@x", "p:", "tls")
    assert read_smtp_url("smtp://mail.test:2525") == SmtpPlace("mail.test", 2525, "", "", "starttls")
    assert read_smtp_url("smtp://localhost:1025?security=none").security == "none"
    assert "secret" not in repr(read_smtp_url("smtps://user:secret@mail.test"))
    for url in ("https://mail.test", "smtp://", "smtp://mail.test?security=none", "smtp://mail.test?security=maybe"):
        with pytest.raises(ValueError, match="SMTP_URL"):
            read_smtp_url(url)
