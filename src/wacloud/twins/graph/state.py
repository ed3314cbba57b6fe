"""Everything the twin knows, in memory; what lies on the phones is written down as well, where it is to be kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from wacloud.twins.graph.access import Access
from wacloud.twins.graph.customers import Customer, People
from wacloud.twins.graph.keeping import Keeper
from wacloud.twins.graph.ledger import Ledger
from wacloud.twins.graph.media import MediaFile, MediaShelf
from wacloud.twins.graph.misbehave import Misbehaviour
from wacloud.twins.graph.phones import Phones
from wacloud.twins.graph.threads import Bubble, Thread, Threads
from wacloud.twins.graph.throttle import Throttle
from wacloud.twins.graph.upload_shelf import Uploads
from wacloud.twins.graph.webhooks import Webhooks
from wacloud.twins.graph.world import CustomerSpec, Number, Waba, World


class State:
    def __init__(self, world: World, clock: Callable[[], float] = time.time, keeper: Keeper | None = None) -> None:
        self.world = world
        self.clock = clock
        self.ledger = Ledger()
        self.access = Access(world)
        self.people = People(world.wabas[0].business_id if world.wabas else "")
        self.threads = Threads()
        self.phones = Phones(self.threads, clock)
        self.media = MediaShelf()
        self.uploads = Uploads()
        self.misbehaviour = Misbehaviour()
        self.throttle = Throttle()
        self.webhooks = Webhooks(world, self.ledger)
        self.registrations: dict[str, list[float]] = {}
        self.codes_asked: dict[str, list[float]] = {}  # verification codes sent to each number
        self.wrong_pins: dict[str, list[float]] = {}
        self.codes_made_at: dict[str, float] = dict.fromkeys(world.codes, clock())  # of Embedded Signup
        self.blocked: dict[str, set[str]] = {}  # customers on the block list of each number
        for template_id, template in enumerate((t for w in world.wabas for t in w.templates), start=1):
            template.id = template.id or str(594_425_479_261_000 + template_id)
        self._templates_made = 0
        self._keeper = keeper
        if keeper is not None:
            keeper.load(self)
        for spec in world.customers:
            known = self.people.known(spec)
            if known is None:
                self.add_customer(spec)
            else:
                # Kept from before, with all that changed about them since the world was written.
                self._open_windows(known, spec)

    def next_template_id(self) -> str:
        """An id nobody had: the last ones belong to the world as it was written."""
        self._templates_made += 1
        return str(594_425_479_361_000 + self._templates_made)

    def keep_waba(self, waba: Waba) -> None:
        """One that was made in the twin's own dialog is new or has changed."""
        if self._keeper is not None and waba.made_here:
            self._keeper.waba(waba)

    def is_blocked(self, thread: Thread) -> bool:
        """What they write is delivered to nobody, and nothing can be sent to them."""
        return thread.customer.customer_id in self.blocked.get(thread.number.phone_number_id, ())

    def add_customer(self, spec: CustomerSpec) -> Customer:
        """A person, known to every portfolio, with the service windows the spec opens."""
        customer = self.people.add(spec)
        for waba in self.world.wabas:
            self.people.bsuid(customer, waba.business_id)
        self._open_windows(customer, spec)
        if self._keeper is not None:
            self._keeper.customer(customer)
        return customer

    def _open_windows(self, customer: Customer, spec: CustomerSpec) -> None:
        for phone_number_id, at in spec.wrote_at.items():
            found = self.access.numbers.get(phone_number_id)
            if found is not None:
                thread = self.threads.between(*found, customer)
                thread.last_inbound_at = max(at, thread.last_inbound_at or at)

    def keep_bubble(self, bubble: Bubble) -> None:
        """A message is new or has changed. What is no bubble of its own, a reaction or an edit, changed another."""
        if self._keeper is not None and self.threads.find(bubble.wamid) is bubble:
            self._keeper.bubble(self, bubble)

    def keep_file(self, file: MediaFile) -> MediaFile:
        """A photo or sound that a message is about to name."""
        if self._keeper is not None:
            self._keeper.file(file)
        return file

    def metadata(self, number: Number) -> dict[str, Any]:
        """value.metadata: the number as digits, and its id."""
        return {"display_phone_number": number.digits, "phone_number_id": number.phone_number_id}

    def show_message(self, bubble: Bubble) -> None:
        self.keep_bubble(bubble)
        self.phones.show(bubble.thread.customer, "message", _on_screen(bubble, bubble.as_json()))

    def show_status(self, bubble: Bubble) -> None:
        self.keep_bubble(bubble)
        ticks = {"wamid": bubble.wamid, "status": bubble.status, "errors": bubble.errors}
        self.phones.show(bubble.thread.customer, "status", _on_screen(bubble, ticks))

    def show_change(self, bubble: Bubble) -> None:
        """A reaction, an edit or a revoke changed a message that is on the screen already."""
        self.keep_bubble(bubble)
        self.phones.show(bubble.thread.customer, "change", _on_screen(bubble, bubble.as_json()))


def _on_screen(bubble: Bubble, content: dict[str, Any]) -> dict[str, Any]:
    return {"phone_number_id": bubble.thread.number.phone_number_id, **content}
