"""One message element of Meta, of any direction, as kind, text and typed content under our own names."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from wacloud.modules.whatsapp.domain.inbound import MessageKind
from wacloud.modules.whatsapp.ui.meta_parts import (
    NotUnderstood,
    read_card,
    read_errors,
    read_flow,
    read_media,
    read_order,
    read_place,
    read_referral,
)
from wacloud.modules.whatsapp.ui.meta_values import (
    Json,
    clean_object,
    flag,
    future_moment,
    ident,
    obj,
    present,
    text,
)

# Edits made on the phone may point to "M0": a place in a list, not a message.
_PLACEHOLDER_ID = re.compile(r"M[0-9]{1,3}")


@dataclass(slots=True)
class MessageBody:
    """What a message says, without who said it and when. `problem` tells what of it could not be read."""

    kind: MessageKind = "unsupported"
    text: str | None = None
    content: Json = field(default_factory=dict)
    refers_to: str | None = None
    quoted: bool = False
    raw: Json | None = None
    problem: str | None = None


def read_message(element: Json, *, is_inside_edit: bool = False) -> MessageBody:
    """
    Read one element; a type we do not know, or one that is not as it should be, is unsupported with its
    raw.
    """
    body = MessageBody()
    stated = ident(element.get("type")) or _type_by_content(element)
    known = _READERS.get(stated or "")
    try:
        if known is None:
            _unsupported(element, stated, body)
        else:
            body.kind, key, read = known
            if is_inside_edit and body.kind == "edit":
                raise NotUnderstood("an edit of an edit")
            part = element.get(key)
            if part is None and key == "voice":
                part = element.get("audio")
            read(part, body, element)
    except NotUnderstood as problem:
        body = MessageBody(raw=clean_object(element), problem=f"{stated}: {problem}")
        body.content = present(unsupported_kind=stated)
    _read_surroundings(element, body)
    return body


def _read_surroundings(element: Json, body: MessageBody) -> None:
    content = body.content
    if "context" in element:
        context = obj(element["context"])
        quoted_id = ident(context.get("id"))
        if body.refers_to is None and quoted_id is not None and not _PLACEHOLDER_ID.fullmatch(quoted_id):
            body.refers_to, body.quoted = quoted_id, True
        for key in ("forwarded", "frequently_forwarded"):
            if flag(context.get(key)):
                content[key] = True
        if product := obj(context.get("referred_product")):
            content["referred_product"] = present(
                catalog_id=ident(product.get("catalog_id")),
                retailer_id=ident(product.get("product_retailer_id")),
            )
    if "referral" in element and (referral := read_referral(element["referral"])):
        content["referral"] = referral
    if "identity" in element and (identity := obj(element["identity"])):
        content["identity"] = present(
            hash=ident(identity.get("hash")),
            acknowledged=flag(identity.get("acknowledged")),
            created_at=future_moment(identity.get("created_timestamp")),
        )
    if "errors" in element and (errors := read_errors(element["errors"])):
        content["errors"] = [
            present(code=one.code, title=one.title, message=one.message, details=one.details, href=one.href)
            for one in errors
        ]


def _type_by_content(element: Json) -> str | None:
    found = [kind for kind, (_, key, _read) in _READERS.items() if kind == key and element.get(key) is not None]
    return found[0] if len(found) == 1 else None


def _unsupported(element: Json, stated: str | None, body: MessageBody) -> None:
    told = None
    if stated == "unsupported":
        told = ident(obj(element.get("unsupported")).get("type"))
    else:
        body.problem = f"unknown message type {stated!r}" if stated else "message without a type"
        told = stated
    body.kind = "unsupported"
    body.content = present(unsupported_kind=told)
    body.raw = clean_object(element)


def _object(part: object) -> Json:
    if not isinstance(part, dict):
        raise NotUnderstood("its content is not an object")
    return part


def _text(part: object, body: MessageBody, _: Json) -> None:
    written = _object(part).get("body")
    if isinstance(written, bool) or not isinstance(written, (str, int, float)):
        raise NotUnderstood("no body")
    body.text = text(written)


def _media(part: object, body: MessageBody, _: Json) -> None:
    media = read_media(_object(part))
    if "media_id" not in media and "url" not in media:
        raise NotUnderstood("no media id")
    body.content["media"] = media
    caption = media.get("caption")
    body.text = caption if isinstance(caption, str) else None


def _voice(part: object, body: MessageBody, element: Json) -> None:
    _media(part, body, element)
    obj(body.content["media"])["voice"] = True


def _location(part: object, body: MessageBody, _: Json) -> None:
    place = read_place(_object(part))
    if "latitude" not in place or "longitude" not in place:
        raise NotUnderstood("no coordinates")
    body.content["location"] = place
    name = place.get("name") or place.get("address")
    body.text = name if isinstance(name, str) else None


def _contacts(part: object, body: MessageBody, element: Json) -> None:
    if not isinstance(part, list) or not all(isinstance(card, dict) for card in part):
        raise NotUnderstood("its contacts are not a list of objects")
    cards = [read_card(card) for card in part]
    body.content["contacts"] = cards
    body.content.update(present(origin=ident(element.get("origin"))))
    body.text = ", ".join(str(card["name"]) for card in cards if "name" in card) or None


def _button(part: object, body: MessageBody, _: Json) -> None:
    button = _object(part)
    title = text(button.get("text"))
    body.content["reply"] = present(kind="template_button", id=text(button.get("payload")), title=title)
    body.text = title


def _interactive(part: object, body: MessageBody, _: Json) -> None:
    answer = _object(part)
    kind = ident(answer.get("type")) or next((key for key in _ANSWERS if key in answer), None)
    read = _ANSWERS.get(kind or "")
    if kind is None or read is None:
        raise NotUnderstood(f"unknown answer {kind!r}")
    read(_object(answer.get(kind)), body)


def _button_reply(answer: Json, body: MessageBody) -> None:
    body.text = text(answer.get("title"))
    body.content["reply"] = present(kind="button", id=text(answer.get("id")), title=body.text)


def _list_reply(answer: Json, body: MessageBody) -> None:
    body.text = text(answer.get("title"))
    body.content["reply"] = present(
        kind="list", id=text(answer.get("id")), title=body.text, description=text(answer.get("description"))
    )


def _flow_reply(answer: Json, body: MessageBody) -> None:
    body.content["flow"] = read_flow(answer)
    told = text(answer.get("body"))
    # Meta puts this into every answer of a form, in English, whatever was answered.
    body.text = None if told == "Sent" else told


def _call_permission(answer: Json, body: MessageBody) -> None:
    body.content["call_permission"] = present(
        response=ident(answer.get("response")),
        expires_at=future_moment(answer.get("expiration_timestamp")),
        source=ident(answer.get("response_source")),
        is_permanent=flag(answer.get("is_permanent")),
    )


def _order(part: object, body: MessageBody, _: Json) -> None:
    if not isinstance(_object(part).get("product_items"), list):
        raise NotUnderstood("no list of products")
    order = read_order(_object(part))
    body.content["order"] = order
    note = order.get("text")
    body.text = note if isinstance(note, str) else None


def _reaction(part: object, body: MessageBody, _: Json) -> None:
    reaction = _object(part)
    body.refers_to = _required_reference(reaction.get("message_id"))
    # No emoji, or an empty one, takes the earlier reaction back.
    body.content["reaction"] = {"emoji": ident(reaction.get("emoji"))}


def _system(part: object, body: MessageBody, _: Json) -> None:
    system = _object(part)
    body.text = text(system.get("body"))
    body.content["system"] = present(
        change=ident(system.get("type")),
        wa_id=ident(system.get("wa_id")) or ident(system.get("new_wa_id")),
        bsuid=ident(system.get("user_id")),
        parent_bsuid=ident(system.get("parent_user_id")),
        identity_hash=ident(system.get("identity")),
    )


def _edit(part: object, body: MessageBody, _: Json) -> None:
    edit = _object(part)
    body.refers_to = _required_reference(edit.get("original_message_id"))
    new = read_message(obj(edit.get("message")), is_inside_edit=True)
    body.text = new.text
    body.content["edit"] = {"kind": new.kind, "content": new.content}
    body.raw = new.raw
    body.problem = new.problem


def _revoke(part: object, body: MessageBody, _: Json) -> None:
    body.refers_to = _required_reference(_object(part).get("original_message_id"))


def _without_content(_part: object, _body: MessageBody, _: Json) -> None:
    """Nothing to read: the type says all."""


def _required_reference(value: object) -> str:
    wamid = ident(value)
    if wamid is None:
        raise NotUnderstood("it names no message")
    return wamid


_ANSWERS: dict[str, Callable[[Json, MessageBody], None]] = {
    "button_reply": _button_reply,
    "list_reply": _list_reply,
    "nfm_reply": _flow_reply,
    "call_permission_reply": _call_permission,
}

# Meta's type -> our kind, the key its content stands under, its reader.
_READERS: dict[str, tuple[MessageKind, str, Callable[[object, MessageBody, Json], None]]] = {
    "text": ("text", "text", _text),
    "image": ("image", "image", _media),
    "video": ("video", "video", _media),
    "audio": ("audio", "audio", _media),
    "voice": ("audio", "voice", _voice),
    "document": ("document", "document", _media),
    "sticker": ("sticker", "sticker", _media),
    "location": ("location", "location", _location),
    "contacts": ("contacts", "contacts", _contacts),
    "button": ("button", "button", _button),
    "interactive": ("interactive", "interactive", _interactive),
    "order": ("order", "order", _order),
    "reaction": ("reaction", "reaction", _reaction),
    "system": ("system", "system", _system),
    "edit": ("edit", "edit", _edit),
    "revoke": ("revoke", "revoke", _revoke),
    "request_welcome": ("request_welcome", "request_welcome", _without_content),
    "media_placeholder": ("media_placeholder", "media_placeholder", _without_content),
}
