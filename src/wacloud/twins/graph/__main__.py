"""`python -m wacloud.twins.graph --port P --world FILE.json [--keep FILE]`"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

import msgspec

from wacloud.twins.graph.keeping import Keeper
from wacloud.twins.graph.server import TwinServer
from wacloud.twins.graph.world import world_from_file


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m wacloud.twins.graph", description="Meta's Graph API, played here.")
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--world", type=Path, required=True, help="the world file; world.py describes it")
    parser.add_argument("--keep", type=Path, help="keep what lies on the phones in this file, and go on from it")
    options = parser.parse_args()
    try:
        world = world_from_file(options.world)
    except (OSError, msgspec.DecodeError) as error:
        sys.stderr.write(f"Graph twin: cannot use {options.world}: {error}\n")
        return 2
    try:
        server = TwinServer(world, options.host, options.port, keeper=Keeper(options.keep) if options.keep else None)
    except OSError as error:
        sys.stderr.write(f"Graph twin: cannot keep the phones in {options.keep}: {error}\n")
        return 2
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
