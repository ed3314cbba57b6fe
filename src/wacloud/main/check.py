"""
`bin/demo --check`: one customer message through the whole path, and what came back.

The message comes in the way Meta sends it: through the twin where it plays Meta, else signed here. Everything
else is seen from outside, by the API and on the customer's phone.
"""

import hashlib
import hmac
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from wacloud.main.demo_folder import RunningDemo

# Loopback only: a proxy the caller has for the world outside is not asked.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

ANSWER_WITHIN = 30.0
REPORT_WITHIN = 10.0
QUESTION = "Hola, ¿a qué hora abrís mañana?"
CUSTOMER = "Comprobación"
CHECK_HELP = (
    "Send one message through the whole path, and end. On a demo that runs already, its customer "
    f"({CUSTOMER}) stays in the inbox and on the phone page: what came in is never deleted."
)


class CheckFailed(Exception):
    """A step did not happen; the text says which."""


@dataclass(slots=True)
class Steps:
    """What happened so far, and when since the message left the phone."""

    rows: list[tuple[str, float | None, str]] = field(default_factory=list)
    _start: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        self._start = time.monotonic()

    def add(self, what: str, detail: str, *, timed: bool = True) -> None:
        self.rows.append((what, time.monotonic() - self._start if timed else None, detail))


def check_demo(demo: RunningDemo) -> int:
    """Send one message, wait for its answer, print a table; 0 if all of it happened, else 1."""
    steps = Steps()
    failure = None
    try:
        _Check(demo, steps).run()
    except CheckFailed as problem:
        failure = str(problem)
    table = Table(title=None, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("")
    table.add_column("after", justify="right")
    table.add_column("")
    for what, after, detail in steps.rows:
        table.add_row(what, "" if after is None else f"{after * 1000:.0f} ms", detail)
    console = Console(highlight=False)
    console.print()
    console.print(table)
    console.print(f"\nCheck failed: {failure}" if failure else "\nCheck passed.", markup=False)
    return 1 if failure else 0


class _Check:
    def __init__(self, demo: RunningDemo, steps: Steps) -> None:
        self._demo = demo
        self._steps = steps
        # Somebody new each time: no earlier talk, pause or hand-over stands in the way.
        self._customer = f"346{secrets.randbelow(10**8):08}"
        self._token = ""

    def run(self) -> None:
        if urlsplit(self._demo.graph_url).hostname not in ("127.0.0.1", "localhost", "::1"):
            raise CheckFailed("it writes as a made-up customer, whom only a Graph API on this machine can answer")
        self._log_in()
        before = self._ledger()
        has_twin = self._demo.phone_number_id in call(f"{self._demo.graph_url}/_twin/world").text
        if has_twin:
            self._write_on_phone()
            reply = self._wait_for_reply()
        else:
            self._send_signed()
            reply = "(the text is with the Graph API that was named)"
        self._wait_for(before, "answered", lambda now: _grew(before, now, "inbound", ("answered", "handed_over")))
        self._wait_for(before, "POSTed", lambda now: _grew(before, now, "outbound", ("sent", "delivered", "read")))
        self._steps.add("reply", reply, timed=False)
        self._wait_for_delivery(before, required=has_twin)
        after = self._ledger()
        for side in ("webhooks", "inbound", "outbound"):
            new = {name: after[side][name] - before[side].get(name, 0) for name in after[side]}
            counted = ", ".join(f"{name} +{count}" for name, count in new.items() if count)
            self._steps.add(f"ledger: {side}", counted or "nothing new", timed=False)

    def _log_in(self) -> None:
        answer = call(
            f"{self._demo.base_url}/api/auth/login",
            {"email": self._demo.email, "password": self._demo.password},
        )
        token = answer.json().get("access_token")
        if answer.status != 200 or not token:
            raise CheckFailed(f"logging in as {self._demo.email} was answered {answer.status}")
        self._token = str(token)

    def _ledger(self) -> dict[str, dict[str, int]]:
        answer = call(f"{self._demo.base_url}/api/whatsapp/ledger", token=self._token)
        content = answer.json()
        if answer.status != 200 or not {"webhooks", "inbound", "outbound"} <= content.keys():
            raise CheckFailed(f"the ledger was answered {answer.status}")
        return {side: content[side] for side in ("webhooks", "inbound", "outbound")}

    def _write_on_phone(self) -> None:
        twin = f"{self._demo.graph_url}/_twin"
        made = call(f"{twin}/customers", {"name": CUSTOMER, "wa_id": self._customer})
        if made.status != 201:
            raise CheckFailed(f"the twin made no customer: {made.text[:200]}")
        self._steps.start()
        message = {"type": "text", "text": {"body": QUESTION}}
        body = {"phone_number_id": self._demo.phone_number_id, "customer": self._customer, "message": message}
        sent = call(f"{twin}/inbound", body)
        callback = sent.json().get("callback") or {}
        if sent.status != 200 or callback.get("status") != 200:
            raise CheckFailed(f"the webhook was answered {callback or sent.text[:200]}")
        self._steps.add("webhook accepted", QUESTION)

    def _send_signed(self) -> None:
        demo = self._demo
        body = json.dumps(_webhook(demo, self._customer)).encode()
        signature = hmac.new(demo.app_secret.encode(), body, hashlib.sha256).hexdigest()
        self._steps.start()
        url = f"{demo.base_url}/api/webhooks/whatsapp"
        answer = call(url, body, headers={"X-Hub-Signature-256": f"sha256={signature}"})
        if answer.status != 200:
            raise CheckFailed(f"the webhook was answered {answer.status}: {answer.text[:200]}")
        self._steps.add("webhook accepted", QUESTION)

    def _wait_for_reply(self) -> str:
        def look() -> str | None:
            screen = call(f"{self._demo.graph_url}/_twin/phones/{self._customer}").json()
            replies = [
                message["text"]
                for thread in screen.get("threads", [])
                for message in thread["messages"]
                if message["from"] == "business"
            ]
            return str(replies[0]) if replies else None

        reply = _until(look, ANSWER_WITHIN)
        if reply is None:
            raise CheckFailed(f"no answer reached the phone within {ANSWER_WITHIN:.0f} s")
        self._steps.add("reply on the phone", "")
        return reply

    def _wait_for(
        self,
        before: dict[str, dict[str, int]],
        what: str,
        happened: Callable[[dict[str, dict[str, int]]], str | None],
    ) -> None:
        found = _until(lambda: happened(self._ledger()), ANSWER_WITHIN)
        if found is None:
            raise CheckFailed(f"the ledger counts no message as {what} within {ANSWER_WITHIN:.0f} s")
        self._steps.add(f"ledger says {what}", found)

    def _wait_for_delivery(self, before: dict[str, dict[str, int]], *, required: bool) -> None:
        within = ANSWER_WITHIN if required else REPORT_WITHIN
        found = _until(lambda: _grew(before, self._ledger(), "outbound", ("delivered", "read")), within)
        if found:
            self._steps.add("ledger says delivered", found)
        elif required:
            raise CheckFailed(f"the reply was not reported as delivered within {within:.0f} s")
        else:
            self._steps.add("not reported as delivered", "this Graph API sent no status")


def _grew(
    before: dict[str, dict[str, int]], now: dict[str, dict[str, int]], side: str, names: tuple[str, ...]
) -> str | None:
    grown = [name for name in names if now[side].get(name, 0) > before[side].get(name, 0)]
    return ", ".join(grown) or None


def _until(look: Callable[[], str | None], within: float) -> str | None:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.02)
    return None


def _webhook(demo: RunningDemo, customer: str) -> dict[str, Any]:
    message = {
        "from": customer,
        "id": f"wamid.CHECK{secrets.token_hex(16).upper()}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": QUESTION},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "", "phone_number_id": demo.phone_number_id},
        "contacts": [{"profile": {"name": CUSTOMER}, "wa_id": customer}],
        "messages": [message],
    }
    entry = {"id": demo.waba_id, "changes": [{"field": "messages", "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str

    def json(self) -> dict[str, Any]:
        try:
            content = json.loads(self.text)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


def call(
    url: str,
    body: object = None,
    *,
    token: str = "",
    headers: dict[str, str] | None = None,
    timeout: float = 15.0,
) -> Answer:
    """GET, or POST where there is a body; status 0 where nobody answers."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    all_headers = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
    if token:
        all_headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data=data, headers=all_headers)
    try:
        with _OPENER.open(request, timeout=timeout) as answer:
            return Answer(answer.status, answer.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused.code, refused.read().decode("utf-8", "replace"))
    except (OSError, ValueError) as problem:
        return Answer(0, str(problem))
