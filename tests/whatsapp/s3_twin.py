"""A store that speaks as much S3 as we use, and checks every signature (SigV4) as AWS does."""

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

from aiohttp import web

KEY_ID, SECRET, REGION = "AKIATEST", "the secret of the store", "eu-south-2"


class S3Twin:
    """Objects by bucket and key; `refused` counts what was not signed as it must be."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.refused = 0
        self.is_down = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self.is_down:
            return web.Response(status=503)
        if not _is_signed(request, body):
            self.refused += 1
            return web.Response(status=403, text="<Error><Code>SignatureDoesNotMatch</Code></Error>")
        key, query = request.path.lstrip("/"), request.query
        match request.method:
            case "GET" if "list-type" in query:
                return self._list(key, query.get("prefix", ""))
            case "POST" if "uploads" in query:
                upload = hashlib.sha256(key.encode()).hexdigest()[:16]
                self.parts[upload] = {}
                told = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
                return web.Response(text=told, content_type="application/xml")
            case "POST" if "uploadId" in query:
                self.objects[key] = b"".join(part for _, part in sorted(self.parts.pop(query["uploadId"]).items()))
                told = f"<CompleteMultipartUploadResult><ETag>{_tag(self.objects[key])}</ETag><Key>k</Key><Bucket>b</Bucket><Location>l</Location></CompleteMultipartUploadResult>"  # noqa: E501
                return web.Response(text=told, content_type="application/xml")
            case "PUT" if "uploadId" in query:
                self.parts[query["uploadId"]][int(query["partNumber"])] = body
                return web.Response(headers={"ETag": _tag(body)})
            case "PUT":
                self.objects[key] = body
                return web.Response(headers={"ETag": _tag(body)})
            case "DELETE":
                self.objects.pop(key, None)
                return web.Response(status=204)
            case "POST" if "delete" in query:
                bucket = key.strip("/").partition("/")[0]
                gone = re.findall(r"<Key>(.*?)</Key>", body.decode())
                for name in gone:
                    self.objects.pop(f"{bucket}/{name}", None)
                told = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in gone)
                return web.Response(text=f"<DeleteResult>{told}</DeleteResult>", content_type="application/xml")
            case "GET" | "HEAD" if key in self.objects:
                return self._get(request, self.objects[key])
        return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")

    def _get(self, request: web.Request, found: bytes) -> web.Response:
        headers = {"ETag": _tag(found), "Last-Modified": "Thu, 26 Nov 2026 07:00:00 GMT"}
        if asked := re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", "")):
            start, end = int(asked[1]), min(int(asked[2]), len(found) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(found)}"
            return web.Response(status=206, body=found[start : end + 1], headers=headers)
        return web.Response(body=found, headers=headers)

    def _list(self, bucket: str, prefix: str) -> web.Response:
        bucket = bucket.strip("/")
        found = "".join(
            f"<Contents><Key>{escape(key.partition('/')[2])}</Key><LastModified>2026-11-26T07:00:00.000Z</LastModified>"
            f"<ETag>{_tag(body)}</ETag><Size>{len(body)}</Size></Contents>"
            for key, body in sorted(self.objects.items())
            if key.startswith(f"{bucket}/{prefix}")
        )
        told = f"<ListBucketResult><Name>{bucket}</Name><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"
        return web.Response(text=told, content_type="application/xml")


@asynccontextmanager
async def serving_s3() -> AsyncIterator[tuple[S3Twin, str]]:
    """The store and its address."""
    twin = S3Twin()
    app = web.Application(client_max_size=200 * 1024 * 1024)
    app.router.add_route("*", "/{key:.*}", twin.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield twin, f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)


def _tag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def _is_signed(request: web.Request, body: bytes) -> bool:
    told = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?"
        r"Signature=([0-9a-f]{64})",
        request.headers.get("authorization", ""),
    )
    if told is None or (told[1], told[3]) != (KEY_ID, REGION):
        return False
    at = request.headers["x-amz-date"]
    said = datetime.strptime(at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if abs((datetime.now(UTC) - said).total_seconds()) > 900:
        return False
    digest = request.headers["x-amz-content-sha256"]
    if digest != "UNSIGNED-PAYLOAD" and digest != hashlib.sha256(body).hexdigest():
        return False
    names = told[4].split(";")
    if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names):
        return False
    query = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parse_qsl(request.query_string, True))
    canonical = "\n".join(
        (
            request.method,
            quote(request.path, safe="/-_.~"),
            "&".join(f"{k}={v}" for k, v in query),
            *(f"{name}:{' '.join(request.headers[name].split())}" for name in names),
            "",
            told[4],
            digest,
        )
    )
    scope = f"{told[2]}/{told[3]}/s3/aws4_request"
    to_sign = "\n".join(("AWS4-HMAC-SHA256", at, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{SECRET}".encode()
    for part in (told[2], told[3], "s3", "aws4_request", to_sign):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(key.hex(), told[5])
