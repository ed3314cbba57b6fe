"""F6: requests that two servers could read differently are read once or refused, and none is taken for two."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rig import Rig, open_rig

ASKS = b"POST /api/auth/login HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n"
HIDDEN = b"GET /.well-known/jwks.json HTTP/1.1\r\nhost: here\r\n\r\n"


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


async def said(rig: Rig, sent: bytes) -> bytes:
    """All the server says to it until it hangs up, or has been silent for a second."""
    host, port = re.fullmatch(r"http://([^:]+):(\d+)", rig.url).groups()  # type: ignore[union-attr]
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(sent)
        found = b""
        try:
            async with asyncio.timeout(20):
                while data := await asyncio.wait_for(reader.read(65_536), 1 if found else 10):
                    found += data
        except (TimeoutError, ConnectionResetError):
            pass
        return found
    finally:
        writer.close()


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


AMBIGUOUS = {
    "a length and chunks": ASKS + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks and a length": ASKS + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": ASKS + b"content-length: 2\r\ncontent-length: 40\r\n\r\n{}" + HIDDEN,
    "two lengths in one": ASKS + b"content-length: 2, 40\r\n\r\n{}" + HIDDEN,
    "a length with a sign": ASKS + b"content-length: +2\r\n\r\n{}" + HIDDEN,
    "a length below nothing": ASKS + b"content-length: -1\r\n\r\n" + HIDDEN,
    "a length in words": ASKS + b"content-length: two\r\n\r\n{}" + HIDDEN,
    "an encoding nobody knows": ASKS + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks that are not the last encoding": ASKS + b"transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a space before the colon": ASKS + b"content-length : 2\r\n\r\n{}" + HIDDEN,
    "a folded header": ASKS + b"x-one: a\r\n b\r\ncontent-length: 2\r\n\r\n{}" + HIDDEN,
    "a NUL in a header": ASKS + b"x-one: a\x00b\r\ncontent-length: 2\r\n\r\n{}" + HIDDEN,
    "a bare CR in a header": ASKS + b"x-one: a\rcontent-length: 2\r\n\r\n{}" + HIDDEN,
    "a chunk of no size": ASKS + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a chunk longer than it says": ASKS + b"transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a chunk of a size nothing holds": ASKS + b"transfer-encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n{}" + HIDDEN,
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + HIDDEN,
}


async def test_two_whole_requests_are_answered_one_after_the_other(rig: Rig) -> None:
    answer = await said(rig, ASKS + b"content-length: 2\r\n\r\n{}" + HIDDEN)
    assert statuses(answer) == [422, 200]
    assert b'"keys"' in answer


@pytest.mark.parametrize("name", AMBIGUOUS)
async def test_f6_what_could_be_read_in_two_ways_is_refused_and_what_hides_behind_it_is_not_heard(
    rig: Rig, name: str
) -> None:
    answer = await said(rig, AMBIGUOUS[name])
    assert statuses(answer) in ([], [400]), answer
    assert b'"keys"' not in answer


async def test_f6_a_header_without_end_is_given_up(rig: Rig) -> None:
    answer = await said(rig, b"GET /healthz HTTP/1.1\r\nhost: here\r\nx-one: " + b"a" * 2_000_000)
    assert statuses(answer) in ([], [400], [431]), answer[:200]


async def test_f6_an_address_without_end_is_refused(rig: Rig) -> None:
    answer = await said(rig, b"GET /" + b"a" * 500_000 + b" HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")
    assert statuses(answer) in ([], [400], [404], [414]), answer[:200]


async def test_f6_no_header_makes_a_method_of_another(rig: Rig) -> None:
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        async with rig.http.post(f"{rig.url}/.well-known/jwks.json", headers={header: "GET"}) as answer:
            assert answer.status == 405
        async with rig.http.get(f"{rig.url}/.well-known/jwks.json?_method=DELETE", headers={header: "DELETE"}) as kept:
            assert kept.status == 200


async def test_f6_of_a_parameter_said_twice_the_last_counts(rig: Rig) -> None:
    shop = await rig.shop()
    for asked, status in (("limit=0&limit=1", 200), ("limit=1&limit=0", 422)):
        async with rig.http.get(f"{rig.url}/api/contacts?{asked}", headers=rig.bearer(shop)) as answer:
            assert answer.status == status, await answer.text()


async def test_f6_of_a_field_said_twice_the_body_is_refused(rig: Rig) -> None:
    sent = b'{"email": "a@example.test", "email": "b@example.test", "password": "secret secret"}'
    async with rig.http.post(
        f"{rig.url}/api/auth/login", data=sent, headers={"content-type": "application/json"}
    ) as answer:
        told = json.loads(await answer.text())
    assert (answer.status, told["errors"][0]["code"]) == (422, "json_invalid")
