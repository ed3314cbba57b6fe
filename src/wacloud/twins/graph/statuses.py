"""What becomes of an accepted message: sent, delivered, read, or failed, each reported by a webhook."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from wacloud.twins.graph.errors import as_status_error
from wacloud.twins.graph.misbehave import Do
from wacloud.twins.graph.state import State
from wacloud.twins.graph.threads import Bubble

Json = dict[str, Any]
NO_EFFECTS = Do()


@dataclass(slots=True)
class Batch:
    statuses: list[Json] = field(default_factory=list)
    contacts: dict[str, Json] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None


class Statuses:
    def __init__(self, state: State) -> None:
        self._state = state
        self._held: list[tuple[Bubble, str, Do, Json | None]] = []
        self._batches: dict[str, Batch] = {}
        self._service_deliveries: Counter[tuple[str, str]] = Counter()

    @property
    def held(self) -> int:
        return len(self._held)

    def plan(self, bubble: Bubble, effects: Do | None, failure: int | None = None) -> None:
        """Set the clocks for an accepted message. A failure known now comes instead of every other status."""
        do = effects or NO_EFFECTS
        if do.accept_without_status:
            return
        delays = self._state.world.defaults.status_delays_ms
        first = delays.sent if delays.sent is not None else 0
        if failure is not None:
            steps: list[tuple[str, int | None]] = [("failed", first)]
        elif do.fail_later is not None:
            failure = do.fail_later
            steps = [("sent", delays.sent), ("failed", max(first + 1, delays.delivered or 0))]
        elif bubble.type == "reaction":
            steps = [("sent", delays.sent)]
        else:
            steps = [("sent", delays.sent), ("delivered", delays.delivered), ("read", delays.read)]
        due = [(status, delay) for status, delay in steps if delay is not None]
        if do.reorder_statuses:
            waits = sorted(delay for _, delay in due)
            due = [(status, wait) for (status, _), wait in zip(reversed(due), waits, strict=True)]
        loop = asyncio.get_running_loop()
        for status, delay in due:
            loop.call_later(delay / 1000, self._due, bubble, status, do, failure)

    def read_by_customer(self, bubble: Bubble) -> None:
        """The person has looked at a message of the business."""
        if bubble.status == "delivered" and bubble.type != "reaction":
            self._due(bubble, "read", NO_EFFECTS, None)

    def release(self) -> int:
        """Send every status that a rule held back."""
        held, self._held = self._held, []
        for bubble, status, do, element in held:
            self._emit(bubble, status, do, element)
        return len(held)

    def _due(self, bubble: Bubble, status: str, do: Do, failure: int | None) -> None:
        customer = bubble.thread.customer
        if status == "read" and (not customer.read_receipts or bubble.status == "read"):
            return
        if status == "failed" and failure is not None:
            bubble.errors = [as_status_error(failure)]
        if bubble.advance(status):
            self._state.show_status(bubble)
        if do.hold_statuses:
            self._held.append((bubble, status, do, self._element(bubble, status, do)))
        else:
            self._emit(bubble, status, do, None)
        if status == "delivered" and self._state.phones.is_reading(customer, bubble.thread.number.phone_number_id):
            self.read_by_customer(bubble)

    def _element(self, bubble: Bubble, status: str, do: Do) -> Json:
        """One element of value.statuses, with the time at which it happened."""
        thread = bubble.thread
        customer = thread.customer
        element: Json = {"id": bubble.wamid, "status": status, "timestamp": str(int(self._state.clock()))}
        if not customer.hides_phone or bubble.addressed_by_phone:
            element["recipient_id"] = customer.wa_id
        if status != "failed" or not bubble.addressed_by_phone:
            element["recipient_user_id"] = self._state.people.bsuid(customer, thread.waba.business_id)
        if bubble.callback_data is not None and not do.drop_callback_data:
            element["biz_opaque_callback_data"] = bubble.callback_data
        if status == "failed":
            element["errors"] = bubble.errors or [as_status_error(131000)]
            return element
        in_free_entry = thread.free_entry_until > self._state.clock()
        if status == "sent" and in_free_entry:
            identity = f"{thread.number.phone_number_id}:{customer.customer_id}".encode()
            element["conversation"] = {
                "id": hashlib.blake2b(identity, digest_size=16).hexdigest(),
                "expiration_timestamp": str(int(thread.free_entry_until)),
                "origin": {"type": "referral_conversion"},
            }
        if status == "delivered" and bubble.category == "service" and not in_free_entry:
            self._service_deliveries[self._free_tier_key(bubble)] += 1
        if status == self._state.world.defaults.pricing_on and bubble.type != "reaction":
            element["pricing"] = self._pricing(bubble, in_free_entry)
        return element

    def _pricing(self, bubble: Bubble, in_free_entry: bool) -> Json:
        """As since 1 October 2026: free are only a number's first deliveries of a month and free entry."""
        kind = "regular"
        if in_free_entry:
            kind = "free_entry_point"
        elif bubble.category == "service":
            used = self._service_deliveries[self._free_tier_key(bubble)]
            if used <= self._state.world.defaults.free_service_deliveries:
                kind = "free_customer_service"
        return {
            "billable": kind == "regular",
            "pricing_model": "PMP",
            "type": kind,
            "category": bubble.category,
        }

    def _free_tier_key(self, bubble: Bubble) -> tuple[str, str]:
        month = time.strftime("%Y-%m", time.gmtime(self._state.clock()))
        return bubble.thread.number.phone_number_id, month

    def _emit(self, bubble: Bubble, status: str, do: Do, element: Json | None) -> None:
        state = self._state
        thread = bubble.thread
        element = element or self._element(bubble, status, do)
        state.ledger.statuses[status] += 1
        contact = None
        if status != "failed":
            contact = state.people.contact(
                thread.customer,
                thread.waba.business_id,
                with_username=status != "sent",
                with_phone="recipient_id" in element,
            )
        if state.world.defaults.batch_statuses is not None and not do.duplicate_webhooks:
            self._add_to_batch(bubble, element, contact)
            return
        value: Json = {"messaging_product": "whatsapp", "metadata": state.metadata(thread.number)}
        if contact is not None:
            value["contacts"] = [contact]
        value["statuses"] = [element]
        state.webhooks.send(
            thread.waba, "messages", value, override=thread.number.callback_url, copies=do.duplicate_webhooks
        )

    def _add_to_batch(self, bubble: Bubble, element: Json, contact: Json | None) -> None:
        settings = self._state.world.defaults.batch_statuses
        assert settings is not None
        phone_number_id = bubble.thread.number.phone_number_id
        batch = self._batches.setdefault(phone_number_id, Batch())
        batch.statuses.append(element)
        if contact is not None:
            batch.contacts[contact["user_id"]] = contact
        if len(batch.statuses) >= settings.most:
            self._flush(bubble)
        elif batch.timer is None:
            loop = asyncio.get_running_loop()
            batch.timer = loop.call_later(settings.wait_ms / 1000, self._flush, bubble)

    def _flush(self, bubble: Bubble) -> None:
        number = bubble.thread.number
        batch = self._batches.pop(number.phone_number_id)
        if batch.timer is not None:
            batch.timer.cancel()
        value: Json = {"messaging_product": "whatsapp", "metadata": self._state.metadata(number)}
        if batch.contacts:
            value["contacts"] = list(batch.contacts.values())
        value["statuses"] = batch.statuses
        self._state.webhooks.send(bubble.thread.waba, "messages", value, override=number.callback_url)
