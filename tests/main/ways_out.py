"""Every kind of client that goes out of the house, tried on servers: python ways_out.py '{"name": port, ...}'."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable

import openai

from wacloud.modules.whatsapp.infra.media_files import open_files
from wacloud.shared.infra.http import open_egress


async def by_egress(url: str) -> None:
    """Meta, Resend, Supabase's keys."""
    async with open_egress() as egress, egress.post(f"{url}/v25.0/1/messages", json={}):
        pass


async def by_openai(url: str) -> None:
    """The model, the embeddings, the transcriber."""
    async with openai.AsyncOpenAI(api_key="none", base_url=f"{url}/v1", max_retries=0, timeout=10) as client:
        await client.models.list()


async def by_s3(url: str) -> None:
    """Where media lie."""
    keys = {"access_key_id": "a", "secret_access_key": "b", "region": "eu-west-1", "endpoint": url}
    await open_files("s3://bucket", keys).size("some/file")


WAYS: dict[str, Callable[[str], Awaitable[None]]] = {"egress": by_egress, "openai": by_openai, "s3": by_s3}


async def main(ports: dict[str, int]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for way, call in WAYS.items():
        found[way] = {}
        for name, port in ports.items():
            try:
                await call(f"https://localhost:{port}")
                found[way][name] = "answered"
            except Exception as error:
                print(way, name, repr(error), file=sys.stderr)
                found[way][name] = "refused"
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
