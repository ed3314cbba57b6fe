"""Meta's dialog of signing up, played by the Graph twin; see `connecting_ports.SimulatedSignUp`."""

import aiohttp
import msgspec

from wacloud.modules.whatsapp.domain.connecting import MetaProblem


class TwinSignUp:
    """The twin behind `graph_url`."""

    def __init__(self, session: aiohttp.ClientSession, graph_url: str) -> None:
        self._session = session
        self._url = f"{graph_url.rstrip('/')}/_twin/signup"

    async def sign_up(self, name: str) -> str:
        body = msgspec.json.encode({"how": "finish", "name": name})
        try:
            async with self._session.post(self._url, data=body) as answer:
                told = msgspec.json.decode(await answer.read())
            return str(told["code"])
        except (aiohttp.ClientError, OSError, TimeoutError, msgspec.DecodeError, KeyError, TypeError) as error:
            raise MetaProblem("the simulator does not answer", away=True) from error
