"""What may be sent, and the rules Meta has for it: checked before anything is queued, all of them at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from wacloud.modules.whatsapp.domain.canned import unfilled_in
from wacloud.modules.whatsapp.domain.identity import is_bsuid
from wacloud.modules.whatsapp.domain.message import TEXT_LIMIT
from wacloud.shared.domain.errors import AppError, Fault, FaultyFields, NotFound

Json = dict[str, Any]

CAPTION: Final = 1024
LINK: Final = 2048
FILE_NAME: Final = 240
PLACE_NAME: Final = 1000
CARDS: Final = 257
CARD_NAME: Final = 1024
REACTION_AGE: Final = timedelta(days=30)
_NAME_PARTS: Final = ("first_name", "last_name", "middle_name", "suffix", "prefix")
_CAPTIONED: Final = frozenset({"image", "video", "document"})
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_SIGNS: Final = str.maketrans("", "", " -()./\u00a0")


class MessageRefused(FaultyFields):
    """WhatsApp would not take this message. Each field says what is wrong with it."""


class MessageUnknown(NotFound):
    """There is no such message in this conversation."""


class MarketingStopped(AppError):
    """This person does not want promotions from you. Other templates and answers may still be sent."""

    kind = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    A message somebody wants sent, by the rules.

    `body` tells it in words, for the list and the search. `content` is kept with it: Meta's own object under the name
    of the kind, a file of ours under `media`. `uses` is that file, `file_kind` what it is sent as, `answers` the
    message of this conversation that it replies or reacts to. `category` is a template's: the caller's word, until
    it is known by itself.
    """

    kind: str = "text"
    body: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    uses: UUID | None = None
    file_kind: str | None = None
    answers: UUID | None = None
    category: str | None = None
    needs_phone: bool = False  # Meta takes it for no user id
    bulk: bool | None = None  # leaves after whatever somebody waits for; None: as its category goes

    @property
    def is_bulk(self) -> bool:
        """What is marketing comes last, unless the caller says otherwise."""
        return self.category == "marketing" if self.bulk is None else self.bulk

    @property
    def is_reaction(self) -> bool:
        """It changes a message rather than being one of the conversation."""
        return self.kind == "reaction"

    @property
    def needs_window(self) -> bool:
        """Only an approved template may be sent when the 24 hours are over."""
        return self.kind != "template"

    @property
    def takes_over(self) -> bool:
        """Whether who sends it goes on talking: a reminder or a thumb does not silence the assistant."""
        return self.kind not in ("template", "reaction")


class Rules:
    """
    Collects what is wrong with a message, by the path of the field.

    `literal_braces`: whoever sends it says that `{{name}}` is meant as it stands.
    """

    def __init__(self, *, literal_braces: bool = False) -> None:
        self.faults: list[Fault] = []
        self._literal_braces = literal_braces

    def broken(self, path: str, code: str, limit: float | None = None) -> None:
        self.faults.append(Fault(path, code, limit))

    def text(self, holder: Mapping[str, Any], key: str, path: str, most: int, *, needed: bool = True) -> str:
        """A text under a key: there where it is needed, never longer than it may be."""
        value = holder.get(key)
        text = value if isinstance(value, str) else ""
        if needed and not text.strip():
            self.broken(f"{path}.{key}", "text_missing")
        elif len(text) > most:
            self.broken(f"{path}.{key}", "text_too_long", most)
        elif not self._literal_braces and (name := unfilled_in(text)):
            self.faults.append(Fault(f"{path}.{key}", "variable_not_filled", name=name))
        return text

    def count(self, path: str, number: int, least: int, most: int) -> None:
        """So many things and no more."""
        if number < least:
            self.broken(path, "not_enough", least)
        elif number > most:
            self.broken(path, "too_many", most)

    def unique(self, path: str, value: str, seen: set[str]) -> None:
        """Not one that came before."""
        if value and value in seen:
            self.broken(path, "not_unique")
        seen.add(value)

    def number(self, path: str, value: float, bound: float) -> None:
        """Between its bounds."""
        if not -bound <= value <= bound:
            self.broken(path, "out_of_range", bound)

    def link(self, holder: Mapping[str, Any], key: str, path: str, *, secure: bool = True) -> None:
        """A public web address; files are fetched by https only."""
        value = self.text(holder, key, path, LINK)
        starts = ("https://",) if secure else ("https://", "http://")
        if value.strip() and (not value.startswith(starts) or any(c.isspace() for c in value)):
            self.broken(f"{path}.{key}", "not_a_link")

    def file(self, holder: Mapping[str, Any], path: str, *, ours: bool = True) -> None:
        """Exactly one of a file of ours and a link."""
        has_id, has_link = holder.get("media_id") is not None, holder.get("link") is not None
        if has_id and not ours:
            self.broken(f"{path}.media_id", "not_allowed")
        elif has_id == has_link:
            self.broken(path, "exactly_one")
        if has_link:
            self.link(holder, "link", path)

    def check(self) -> None:
        """:raises MessageRefused: with all that is wrong."""
        if self.faults:
            raise MessageRefused(self.faults)


def check_recipient(rules: Rules, conversation_id: UUID | None, to: str | None) -> None:
    """A conversation there is, or somebody to write to."""
    if (conversation_id is None) == (to is None):
        rules.broken("conversation_id", "exactly_one")
    if to is not None and address_of(to) is None:
        rules.broken("to", "not_an_address")


def address_of(to: str) -> str | None:
    """A phone with its country as digits, or a business-scoped user id as it came."""
    if is_bsuid(to):
        return to
    written = to.strip().translate(_PHONE_SIGNS)
    return written.removeprefix("+") if _PHONE.fullmatch(written) else None


def clean(text: str) -> str:
    """Without the signs neither Meta nor the database takes."""
    shown = "".join(c for c in text.replace("\r\n", "\n") if c >= " " or c in "\n\t")
    return shown.encode("utf-16", "surrogatepass").decode("utf-16", "ignore").strip()


def text_message(rules: Rules, text: Json) -> Wanted:
    """A text, with a picture of its first link where that is wished."""
    body = clean(text["body"])
    rules.text({"body": body}, "body", "text", TEXT_LIMIT)
    return Wanted(body=body, content={"preview_url": True} if text.get("preview_url") else {})


def file_message(rules: Rules, kind: str, file: Json) -> Wanted:
    """A file of ours, or one that lies somewhere on the web, which Meta fetches."""
    rules.file(file, kind)
    caption = clean(file.get("caption") or "")
    if kind in _CAPTIONED:
        rules.text({"caption": caption}, "caption", kind, CAPTION, needed=False)
    rules.text(file, "filename", kind, FILE_NAME, needed=False)
    uses = UUID(file["media_id"]) if file.get("media_id") else None
    media = {key: file[key] for key in ("link", "filename", "voice") if file.get(key)}
    return Wanted(kind=kind, body=caption, content={"media": media}, uses=uses, file_kind=kind)


def location(rules: Rules, place: Json) -> Wanted:
    """A pin on the map."""
    rules.number("location.latitude", place["latitude"], 90)
    rules.number("location.longitude", place["longitude"], 180)
    name = rules.text(place, "name", "location", PLACE_NAME, needed=False)
    address = rules.text(place, "address", "location", PLACE_NAME, needed=False)
    told = name or address or f"{place['latitude']:.5f}, {place['longitude']:.5f}"
    return Wanted(kind="location", body=told, content={"location": place})


def contacts(rules: Rules, cards: list[Json]) -> Wanted:
    """Contact cards: each has a name as it is shown and one part of it more."""
    rules.count("contacts", len(cards), 1, CARDS)
    names = []
    for index, card in enumerate(cards):
        path = f"contacts.{index}.name"
        names.append(rules.text(card["name"], "formatted_name", path, CARD_NAME))
        if not any(card["name"].get(part) for part in _NAME_PARTS):
            rules.broken(f"{path}.first_name", "name_part_missing")
    return Wanted(kind="contacts", body=", ".join(names), content={"contacts": cards})


def reaction(rules: Rules, message_id: UUID, emoji: str) -> Wanted:
    """One emoji on a message; an empty one takes it back."""
    if len(emoji) > 16 or (emoji and (emoji.isascii() or any(c.isalpha() or c.isspace() for c in emoji))):
        rules.broken("reaction.emoji", "not_an_emoji")
    return Wanted(kind="reaction", body=emoji, content={"reaction": {"emoji": emoji}}, answers=message_id)
