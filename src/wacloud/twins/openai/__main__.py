"""`python -m wacloud.twins.openai --port P [--key KEY] [--small]`"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys

from wacloud.twins.openai.server import open_twin


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m wacloud.twins.openai", description="OpenAI, played here.")
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--key", default=os.environ.get("OPENAI_TWIN_KEY", ""), help="the key it takes; empty: any")
    parser.add_argument("--small", action="store_true", help="a small compatible server: no tools, no schemas")
    options = parser.parse_args()

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with open_twin(host=options.host, port=options.port, key=options.key, small=options.small) as twin:
            sys.stdout.write(f"OpenAI twin ready on {twin.url}\n")
            sys.stdout.flush()
            await stop.wait()

    asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
