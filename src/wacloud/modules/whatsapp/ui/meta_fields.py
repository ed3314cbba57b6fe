"""Which item each element of each webhook field becomes; the table at the end is the whole list."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from wacloud.modules.whatsapp.domain.identity import Sender
from wacloud.modules.whatsapp.domain.inbound import (
    ContactChange,
    IdentityChange,
    InboundMessage,
    Preference,
    StatusUpdate,
)
from wacloud.modules.whatsapp.ui.meta_change import Change
from wacloud.modules.whatsapp.ui.meta_conversation import (
    author,
    number_error,
    read_echo,
    read_history,
    read_inbound,
    read_past_of_business,
    read_past_of_customer,
)
from wacloud.modules.whatsapp.ui.meta_parts import read_errors, read_pricing
from wacloud.modules.whatsapp.ui.meta_values import (
    Json,
    future_moment,
    ident,
    line,
    obj,
    present,
    text,
)

# An entry that was edited comes as one that is added.
_BOOK_ACTIONS: Final[Mapping[str, Literal["add", "remove"]]] = {"add": "add", "remove": "remove"}

ReadElement = Callable[[Change, Json, str], None]


def _status(change: Change, element: Json, where: str) -> None:
    wamid, status = ident(element.get("id")), ident(element.get("status"))
    if wamid is None or status is None:
        change.found.problem(f"{change.path}.{where}", "a status without an id or a state")
        change.keep_as_account_change(element, "status")
        return
    recipient_id, group_id = element.get("recipient_id"), None
    participant = None
    user_id = element.get("recipient_user_id")
    if element.get("recipient_type") == "group":
        group_id = ident(recipient_id)
        recipient_id = element.get("recipient_participant_id")
        user_id = element.get("recipient_participant_user_id")
        participant = ident(recipient_id) or ident(user_id)
    conversation, origin = (
        obj(element.get("conversation")),
        obj(obj(element.get("conversation")).get("origin")),
    )
    change.found.items.append(
        StatusUpdate(
            waba_id=change.waba_id,
            phone_number_id=change.phone_number_id,
            wamid=wamid,
            status=status,
            at=change.time_of(element, where),
            recipient=change.people.named(
                recipient_id,
                user_id,
                # Meta used the second name for a month.
                element.get("recipient_parent_user_id") or element.get("parent_recipient_user_id"),
            ),
            kind=line(element.get("type")) or ("call" if change.field == "calls" else "message"),
            callback_data=text(element.get("biz_opaque_callback_data")),
            pricing=read_pricing(element.get("pricing")),
            conversation=present(
                id=ident(conversation.get("id")),
                origin=line(origin.get("type")),
                expires_at=future_moment(conversation.get("expiration_timestamp")),
            )
            or None,
            errors=read_errors(element.get("errors")),
            participant=participant,
            group_id=group_id,
        )
    )


def _call(change: Change, element: Json, where: str) -> None:
    direction = line(element.get("direction"))
    event = line(element.get("event"))
    if event != "connect" or direction == "BUSINESS_INITIATED":
        change.keep_as_account_change(element, event)
        return
    # The session description is of use only to who takes the call in that second, so it is not kept.
    change.found.items.append(
        InboundMessage(
            waba_id=change.waba_id,
            phone_number_id=change.phone_number_id,
            wamid=change.id_for(element, where),
            sender=author(change, element),
            sent_at=change.time_of(element, where),
            kind="call",
            content={
                "call": present(
                    direction=direction,
                    deeplink_payload=text(element.get("deeplink_payload")),
                    button_payload=text(element.get("cta_payload")),
                )
            },
        )
    )


def _address_book_entry(change: Change, element: Json, where: str) -> None:
    card = obj(element.get("contact"))
    told = line(element.get("action"))
    action = _BOOK_ACTIONS.get((told or "add").lower())
    if not card or action is None or element.get("type") not in (None, "contact"):
        change.keep_as_account_change(element, told)
        return
    timed = element if "timestamp" in element else obj(element.get("metadata"))
    change.found.items.append(
        ContactChange(
            waba_id=change.waba_id,
            phone_number_id=change.phone_number_id,
            contact=Sender.identified(
                address=ident(card.get("phone_number")),
                user_id=ident(card.get("user_id")),
                parent_user_id=ident(card.get("parent_user_id")),
                username=line(card.get("username")),
                name=line(card.get("full_name")) or line(card.get("first_name")),
            ),
            action=action,
            at=change.time_of(timed, where),
            first_name=line(card.get("first_name")),
        )
    )


def _preference(change: Change, element: Json, where: str) -> None:
    category, choice = line(element.get("category")), line(element.get("value"))
    if choice is None:
        change.found.problem(f"{change.path}.{where}", "a preference without a value")
        change.keep_as_account_change(element)
        return
    change.found.items.append(
        Preference(
            waba_id=change.waba_id,
            phone_number_id=change.phone_number_id,
            contact=change.people.named(element.get("wa_id"), element.get("user_id"), element.get("parent_user_id")),
            category=category or "marketing_messages",
            value=choice,
            at=change.time_of(element, where),
            detail=text(element.get("detail")),
            signup_id=ident(element.get("signup_id")),
        )
    )


def _user_id_update(change: Change, element: Json, where: str) -> None:
    user_id, parent = element.get("user_id"), element.get("parent_user_id")
    if not isinstance(user_id, dict):
        user_id = {"current": user_id}
    if not isinstance(parent, dict):
        parent = {"current": parent}
    # The phone is told once, and is the one the person has now. It must not lead back to somebody who had
    # it before.
    current = change.people.named(element.get("wa_id"), user_id.get("current"), parent.get("current"))
    change.found.items.append(
        IdentityChange(
            waba_id=change.waba_id,
            phone_number_id=change.phone_number_id,
            previous=Sender.identified(
                user_id=ident(user_id.get("previous")), parent_user_id=ident(parent.get("previous"))
            ),
            current=current,
            reason="user_id_update",
            at=change.time_of(element, where),
            text=text(element.get("detail")),
        )
    )


READ_BY_FIELD: dict[str, dict[str, ReadElement]] = {
    "messages": {
        "messages": read_inbound,
        "message_echoes": read_echo,
        "statuses": _status,
        "errors": number_error,
    },
    "smb_message_echoes": {"message_echoes": read_echo, "statuses": _status, "errors": number_error},
    "message_echoes": {"message_echoes": read_echo, "statuses": _status, "errors": number_error},
    # Media of the past comes in the lists that elsewhere mean something new.
    "history": {
        "history": read_history,
        "messages": read_past_of_customer,
        "message_echoes": read_past_of_business,
        "errors": number_error,
    },
    "calls": {"calls": _call, "statuses": _status, "errors": number_error},
    "smb_app_state_sync": {"state_sync": _address_book_entry, "errors": number_error},
    "user_preferences": {"user_preferences": _preference, "errors": number_error},
    "user_id_update": {"user_id_update": _user_id_update, "errors": number_error},
}
