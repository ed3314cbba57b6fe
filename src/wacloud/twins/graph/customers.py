"""The people: who they are, and which of their identities a given business may see."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import msgspec

from wacloud.twins.graph.world import CustomerSpec, digits_of

_COUNTRIES = {
    "1": "US",
    "34": "ES",
    "351": "PT",
    "33": "FR",
    "44": "GB",
    "49": "DE",
    "51": "PE",
    "52": "MX",
    "54": "AR",
    "55": "BR",
    "56": "CL",
    "57": "CO",
}


@dataclass(slots=True, eq=False)
class Customer:
    customer_id: str
    name: str
    wa_id: str
    bsuid: str
    username: str | None
    hides_phone: bool
    read_receipts: bool = True
    on_whatsapp: bool = True
    blocks_business: bool = False
    stopped_marketing: bool = False
    # The same person as other portfolios see them.
    bsuids: dict[str, str] = field(default_factory=dict)

    def profile(self, *, with_username: bool) -> dict[str, str]:
        profile = {"name": self.name}
        if with_username and self.username is not None:
            profile["username"] = self.username
        return profile

    def as_json(self) -> dict[str, Any]:
        return {
            "customer_id": self.customer_id,
            "name": self.name,
            "wa_id": self.wa_id,
            "bsuid": self.bsuid,
            "bsuids": self.bsuids,
            "username": self.username,
            "hides_phone": self.hides_phone,
            "read_receipts": self.read_receipts,
            "on_whatsapp": self.on_whatsapp,
            "blocks_business": self.blocks_business,
            "stopped_marketing": self.stopped_marketing,
        }


class People:
    """Every customer, found by phone, BSUID, username or the twin's own id."""

    def __init__(self, home_business_id: str) -> None:
        self._home = home_business_id
        self._next = 1
        self.customers: dict[str, Customer] = {}
        self._by_phone: dict[str, Customer] = {}
        self._by_bsuid: dict[str, Customer] = {}

    def add(self, spec: CustomerSpec) -> Customer:
        """Make a person; the same phone or BSUID again changes the person who has it."""
        wa_id = digits_of(spec.wa_id) if spec.wa_id else None
        known = self.known(spec)
        if known is not None:
            for name in msgspec.structs.asdict(spec):
                if name not in ("wa_id", "bsuid", "phones", "wrote_at"):
                    setattr(known, name, getattr(spec, name))
            customer = known
        else:
            serial, self._next = self._next, self._next + 1
            wa_id = wa_id or f"34600{serial:06d}"
            customer = Customer(
                customer_id=f"c{serial}",
                name=spec.name,
                wa_id=wa_id,
                bsuid=spec.bsuid or _made_up_bsuid(wa_id, self._home),
                username=spec.username,
                hides_phone=spec.hides_phone,
                read_receipts=spec.read_receipts,
                on_whatsapp=spec.on_whatsapp,
                blocks_business=spec.blocks_business,
                stopped_marketing=spec.stopped_marketing,
            )
            customer.bsuids[self._home] = customer.bsuid
            self.customers[customer.customer_id] = customer
            self._by_phone[wa_id] = customer
            self._by_bsuid[customer.bsuid] = customer
        for phone in spec.phones:
            self._by_phone[digits_of(phone)] = customer
        return customer

    def known(self, spec: CustomerSpec) -> Customer | None:
        """Who has this phone or BSUID already."""
        by_phone = self._by_phone.get(digits_of(spec.wa_id)) if spec.wa_id else None
        return by_phone or (self._by_bsuid.get(spec.bsuid) if spec.bsuid else None)

    def put_back(self, customer: Customer) -> None:
        """A person as an earlier twin knew them; nobody new gets their id."""
        self.customers[customer.customer_id] = customer
        self._by_phone[customer.wa_id] = customer
        for bsuid in customer.bsuids.values():
            self._by_bsuid[bsuid] = customer
        number = customer.customer_id.removeprefix("c")
        if number.isdigit():
            self._next = max(self._next, int(number) + 1)

    def find(self, key: str) -> Customer | None:
        return (
            self._by_phone.get(key.lstrip("+"))
            or self._by_bsuid.get(key)
            or self.customers.get(key)
            or next((c for c in self.customers.values() if c.username == key), None)
        )

    def find_by_phone(self, digits: str) -> Customer | None:
        return self._by_phone.get(digits)

    def find_by_bsuid(self, bsuid: str, business_id: str) -> Customer | None:
        """A BSUID means nothing outside the portfolio it was made for."""
        customer = self._by_bsuid.get(bsuid)
        return customer if customer is not None and self.bsuid(customer, business_id) == bsuid else None

    def bsuid(self, customer: Customer, business_id: str) -> str:
        found = customer.bsuids.get(business_id)
        if found is None:
            found = customer.bsuids[business_id] = _made_up_bsuid(customer.wa_id, business_id)
            self._by_bsuid[found] = customer
        return found

    def contact(self, customer: Customer, business_id: str, *, with_username: bool, with_phone: bool) -> dict[str, Any]:
        """One element of value.contacts."""
        contact: dict[str, Any] = {"profile": customer.profile(with_username=with_username)}
        if with_phone:
            contact["wa_id"] = customer.wa_id
        contact["user_id"] = self.bsuid(customer, business_id)
        return contact


def _made_up_bsuid(wa_id: str, business_id: str) -> str:
    country = next((_COUNTRIES[wa_id[:n]] for n in (3, 2, 1) if wa_id[:n] in _COUNTRIES), "ES")
    number = int.from_bytes(hashlib.blake2b(f"{business_id}:{wa_id}".encode(), digest_size=8).digest())
    return f"{country}.{number:020d}"
