"""F25: whoever we talk to has to prove who they are: nothing is said to a server with a certificate that does not."""

import asyncio
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

WAYS_OUT = Path(__file__).with_name("ways_out.py")
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"


class Issuer:
    """Somebody who signs certificates; nobody's machine knows them."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Nobody's authority")])
        usage = x509.BasicConstraints(ca=True, path_length=0)
        self.certificate = self._sign(self._name, self._key, usage, days=(-5, 5))

    def server(self, folder: Path, host: str = "localhost", days: tuple[int, int] = (-5, 5)) -> ssl.SSLContext:
        """A server's side with a certificate for this host."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        signed = self._sign(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), key, names, days)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / "key.pem").write_bytes(private)
        (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        (folder / "ca.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        return context

    def _sign(self, name: x509.Name, key: Any, extension: Any, days: tuple[int, int]) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(extension, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )


@asynccontextmanager
async def server(context: ssl.SSLContext) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Its port, and what was said to it."""
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(65_536))
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with listening:
        yield listening.sockets[0].getsockname()[1], heard


async def tried(known: Path | None, ports: dict[str, int]) -> dict[str, dict[str, str]]:
    """
    What each of our clients says of each server: "answered", or why not. In a process of its own, whose machine knows
    an authority or does not: which ones are trusted is read when a client is made.
    """
    trust = {"SSL_CERT_FILE": str(known)} if known else {}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(WAYS_OUT),
        json.dumps(ports),
        env={**os.environ, **trust},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return dict(json.loads(out))


async def test_f25_nothing_is_said_to_a_server_that_does_not_prove_who_it_is(tmp_path: Path) -> None:
    issuer = Issuer()
    servers = {
        "good": issuer.server(tmp_path),
        "run out": issuer.server(tmp_path, days=(-5, -1)),
        "not yet good": issuer.server(tmp_path, days=(1, 5)),
        "of another host": issuer.server(tmp_path, host="other.example"),
    }
    async with AsyncExitStack() as stack:
        opened = {name: await stack.enter_async_context(server(context)) for name, context in servers.items()}
        ports = {name: port for name, (port, _) in opened.items()}
        unknown = await tried(None, ports)
        assert unknown.keys() == {"egress", "openai", "s3"}
        assert {what for ways in unknown.values() for what in ways.values()} == {"refused"}
        assert not any(said for _, heard in opened.values() for said in heard)
        known = await tried(tmp_path / "ca.pem", ports)
        assert all(ways.pop("good") == "answered" for ways in known.values()), known
        assert {what for ways in known.values() for what in ways.values()} == {"refused"}
        assert not any(said for name, (_, heard) in opened.items() if name != "good" for said in heard)
