"""Look at a template before it is queued: what Meta would refuse is refused here, with the field that is wrong."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.outgoing import Json, Rules, Wanted
from wacloud.modules.whatsapp.domain.template_blanks import read_as_sent
from wacloud.modules.whatsapp.domain.template_codes import CATEGORY, needs_phone
from wacloud.modules.whatsapp.domain.template_fit import KnownTemplate, check_code, check_sendable, check_values
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


async def checked_template(
    deps: WhatsappDeps, tx: Tx, business_id: BusinessId, number_id: UUID, wanted: Wanted
) -> Wanted:
    """
    The message as it may be sent by this number: how it will read, and the category Meta files its template under.

    What we do not know, Meta decides: where its list was never read, or could not be read the last time, an unknown
    template goes out; where the list was read, each of Meta's news and each reading since would have told of it, so
    an unknown one is refused.

    :raises MessageRefused: it is not to be sent now, or its values are not those it has blanks for.
    """
    if wanted.kind != "template":
        return wanted
    asked = wanted.content["template"]
    found = await deps.known_templates.find(tx, business_id, number_id, asked["name"], asked["language"]["code"])
    rules = Rules()
    if found is None:
        if await deps.known_templates.is_list_whole(tx, business_id, number_id):
            rules.broken("template.name", "template_unknown")
        elif (wanted.category or "").upper() == CATEGORY:
            check_code(rules, asked)
        rules.check()
        return wanted
    check_sendable(rules, found)
    rules.check()
    check_filled(rules, found, asked, deps.clock())
    rules.check()
    body = read_as_sent(found.components or (), asked) or wanted.body
    return replace(
        wanted,
        body=body,
        category=found.category.lower() if found.category else wanted.category,
        needs_phone=needs_phone(found.category, found.components),
    )


def check_filled(rules: Rules, known: KnownTemplate, asked: Json, now: datetime) -> None:
    """Its values are those it has blanks for, and say nothing that is over."""
    check_values(rules, known, asked)
    _check_end(rules, asked, now)


def _check_end(rules: Rules, asked: Json, now: datetime) -> None:
    """Nobody is told of an offer that is over."""
    for n, one in enumerate(asked.get("components") or ()):
        for parameter in one.get("parameters") or () if one["type"] == "limited_time_offer" else ():
            if parameter["limited_time_offer"]["expiration_time_ms"] <= now.timestamp() * 1000:
                rules.broken(f"template.components.{n}.parameters", "moment_over")


async def check_phone(
    deps: WhatsappDeps, tx: Tx, business_id: BusinessId, wanted: Wanted, contact_id: UUID | None
) -> None:
    """
    Who shows no phone number gets no code for signing in. None: somebody new, by their user id.

    :raises MessageRefused: it needs one.
    """
    if not wanted.needs_phone or (contact_id and await deps.contacts.has_phone(tx, business_id, contact_id)):
        return
    rules = Rules()
    rules.broken("template.name", "code_needs_phone")
    rules.check()
