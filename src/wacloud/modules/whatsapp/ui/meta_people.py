"""People in Meta's JSON: the contacts of a value, matched to whoever a message or a status names."""

from wacloud.modules.whatsapp.domain.identity import NOBODY, Sender, is_bsuid
from wacloud.modules.whatsapp.ui.meta_values import Json, ident, line, obj
from wacloud.shared.domain.phone import canonical_phone, looks_like_phone


class People:
    """
    The contacts that came with one value.

    Their order means nothing. A contact belongs to a message by user id, then by wa_id, then by a variant
    of the same phone; a contact that stands alone also belongs to a message that names nobody at all.
    """

    __slots__ = ("_by_id", "_by_phone", "_identity_hash", "_listed")

    def __init__(self, contacts: object) -> None:
        self._listed: list[Sender] = []
        self._by_id: dict[str, Sender] = {}
        self._by_phone: dict[str, Sender] | None = None
        self._identity_hash: dict[str, str] = {}
        for contact in contacts if isinstance(contacts, list) else ():
            if isinstance(contact, dict):
                self._add(contact)

    def _add(self, contact: Json) -> None:
        profile = obj(contact.get("profile"))
        person = Sender.identified(
            address=ident(contact.get("wa_id")),
            user_id=ident(contact.get("user_id")),
            parent_user_id=ident(contact.get("parent_user_id")),
            username=line(profile.get("username")) or line(contact.get("username")),
            name=line(profile.get("name")),
        )
        self._listed.append(person)
        identity_hash = ident(contact.get("identity_key_hash"))
        for key in (person.bsuid, person.wa_id):
            if key is not None:
                self._by_id.setdefault(key, person)
                if identity_hash is not None:
                    self._identity_hash.setdefault(key, identity_hash)

    def named(self, address: object, user_id: object = None, parent_user_id: object = None) -> Sender:
        """The person with these ids, with name and missing ids filled in from the contacts."""
        person = Sender.identified(address=ident(address), user_id=ident(user_id), parent_user_id=ident(parent_user_id))
        contact = self._contact_of(person)
        return person if contact is None else person.or_else(contact)

    def identity_hash(self, person: Sender) -> str | None:
        """The hash of the person's security code, where the business asked to be told."""
        return self._identity_hash.get(person.bsuid or "") or self._identity_hash.get(person.wa_id or "")

    def _contact_of(self, person: Sender) -> Sender | None:
        if person == NOBODY:
            return self._listed[0] if len(self._listed) == 1 else None
        if person.bsuid is not None and (found := self._by_id.get(person.bsuid)) is not None:
            return found
        if person.wa_id is None:
            return self._sibling(person)
        if (found := self._by_id.get(person.wa_id)) is not None:
            return found
        return self._same_phone(person.wa_id)

    def _same_phone(self, wa_id: str) -> Sender | None:
        if not self._listed or not looks_like_phone(wa_id):
            return None
        if self._by_phone is None:
            self._by_phone = {}
            for contact in self._listed:
                if contact.wa_id is not None and looks_like_phone(contact.wa_id):
                    self._by_phone.setdefault(canonical_phone(contact.wa_id), contact)
        return self._by_phone.get(canonical_phone(wa_id))

    def _sibling(self, person: Sender) -> Sender | None:
        if person.bsuid is not None or person.parent_bsuid is None:
            return None
        return next((one for one in self._listed if one.parent_bsuid == person.parent_bsuid), None)


def business_digits(display_phone_number: object) -> str | None:
    """The business's own number as digits, to tell its messages from the customer's."""
    written = ident(display_phone_number)
    if written is None or is_bsuid(written):
        return None
    return canonical_phone(written) or None
