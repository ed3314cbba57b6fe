"""A shop that exists only as rows: what the pages show, without a database."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from wacloud.modules.whatsapp.application.inbox import (
    ConversationRow,
    Filter,
    Ledger,
    LedgerRow,
    MessageRow,
    OwnIds,
    Page,
    Quoted,
    Thread,
    TurnRow,
    Views,
)
from wacloud.shared.domain.ids import BusinessId, UserId

NAMES = UUID("8b8f6f0e-3f43-4f0e-9a3e-0d5a1f0b7a11")
BUSINESS = BusinessId(uuid5(NAMES, "business"))
USER = UserId(uuid5(NAMES, "user"))
NOW = datetime.now(UTC).replace(microsecond=0)


def id_of(name: str) -> UUID:
    return uuid5(NAMES, name)


def a_conversation(name: str = "Lucía Fernández", **changes: Any) -> ConversationRow:
    last = changes.pop("last_message_at", NOW - timedelta(minutes=4))
    heard = changes.pop("last_inbound_at", last)
    row = ConversationRow(
        id=id_of(name),
        contact_id=id_of(f"contact {name}"),
        contact_name=name,
        username=None,
        phone="34600111222",
        handler="bot",
        handed_over_because=None,
        assigned_to=None,
        last_message_at=last,
        last_preview="¡Perfecto, muchas gracias!",
        last_kind="text",
        last_author="contact",
        last_state="answered",
        last_inbound_at=heard,
        window_closes_at=heard + timedelta(hours=24) if heard else None,
        unread=0,
        number="34910000001",
    )
    return replace(row, **changes)


def heard_ago(**ago: float) -> dict[str, datetime]:
    at = NOW - timedelta(**ago)
    return {"last_message_at": at, "last_inbound_at": at}


_arrivals = iter(range(1, 1_000_000))


def a_message(conversation: ConversationRow, body: str | None = "Hola", **changes: Any) -> MessageRow:
    arrival = next(_arrivals)
    row = MessageRow(
        id=id_of(f"message {arrival}"),
        conversation_id=conversation.id,
        sent_at=changes.pop("sent_at", NOW - timedelta(minutes=5)),
        arrival=arrival,
        direction="in",
        author="contact",
        author_name=None,
        kind="text",
        body=body,
        content={},
        state="answered",
        reason=None,
        error=None,
        reactions={},
        edited_at=None,
        revoked_at=None,
        edits=[],
        quoted=None,
        turn=None,
    )
    return replace(row, **changes)


def by_bot(conversation: ConversationRow, body: str, **changes: Any) -> MessageRow:
    turn = TurnRow(
        source="knowledge",
        why="faq_match",
        detail={"threshold": 0.42, "hits": [[{"item": "x", "score": 0.87}]]},
        model=None,
        input_tokens=None,
        output_tokens=None,
        cost_usd=None,
    )
    told = {"direction": "out", "author": "bot", "state": "read", "turn": turn, **changes}
    return a_message(conversation, body, **told)


def by_member(conversation: ConversationRow, body: str, **changes: Any) -> MessageRow:
    told = {"direction": "out", "author": "member", "author_name": "Carmen Ruiz", "state": "delivered", **changes}
    return a_message(conversation, body, **told)


@dataclass(slots=True)
class FrozenInbox:
    """The read port over lists. A test changes the lists and says so."""

    conversations: dict[UUID, ConversationRow] = field(default_factory=dict)
    messages: dict[UUID, list[MessageRow]] = field(default_factory=dict)
    books: Ledger = field(default_factory=lambda: Ledger({}, {}, {}, {}, {}, {}))
    book_rows: list[LedgerRow] = field(default_factory=list)
    webhooks: list[LedgerRow] = field(default_factory=list)
    reads: dict[str, int] = field(default_factory=dict)
    page_size: int = 50
    thread_size: int = 50

    def put(self, row: ConversationRow, *messages: MessageRow) -> ConversationRow:
        self.conversations[row.id] = row
        self.messages.setdefault(row.id, []).extend(messages)
        self.messages[row.id].sort(key=lambda message: (message.sent_at, message.arrival))
        return row

    def change(self, message_id: UUID, **changes: Any) -> None:
        for rows in self.messages.values():
            for at, message in enumerate(rows):
                if message.id == message_id:
                    rows[at] = replace(message, **changes)

    async def page(
        self,
        user_id: UserId,
        business_id: BusinessId,
        *,
        show: Filter = "all",
        search: str = "",
        label_id: UUID | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page:
        self._count("page")
        found = [
            row
            for row in sorted(self.conversations.values(), key=lambda row: row.last_message_at or NOW, reverse=True)
            if show == "all" or (row.unread > 0 if show == "unread" else row.handler == show)
            if search.lower() in f"{row.contact_name} {row.phone} {row.last_preview}".lower()
        ]
        start = int(cursor or 0)
        end = start + min(limit, self.page_size)
        return Page(found[start:end], str(end) if len(found) > end else None)

    async def rows(self, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> list[ConversationRow]:
        self._count("rows")
        if business_id != BUSINESS:
            return []
        return [self.conversations[id_] for id_ in conversation_ids if id_ in self.conversations]

    async def thread(
        self,
        user_id: UserId,
        business_id: BusinessId,
        conversation_id: UUID,
        *,
        before: str | None = None,
        limit: int = 50,
    ) -> Thread | None:
        row = self.conversations.get(conversation_id)
        if row is None:
            return None
        messages = self.messages[conversation_id]
        end = int(before) if before else len(messages)
        start = max(0, end - self.thread_size)
        return Thread(row, messages[start:end], str(start) if start else None)

    async def newest(self, business_id: BusinessId, conversation_id: UUID, limit: int = 15) -> list[MessageRow]:
        self._count("newest")
        return self.messages[conversation_id][-limit:]

    async def views(self, user_id: UserId, business_id: BusinessId) -> Views:
        return Views()

    async def scheduled(self, business_id: BusinessId, conversation_id: UUID) -> tuple[()]:
        return ()

    async def counts(self, user_id: UserId, business_id: BusinessId) -> dict[str, int]:
        rows = self.conversations.values()
        return {
            "waiting": sum(row.handler == "waiting" for row in rows),
            "unread": sum(row.unread > 0 for row in rows),
        }

    async def ledger(self, business_id: BusinessId) -> Ledger:
        return self.books

    async def ledger_rows(
        self,
        business_id: BusinessId,
        *,
        group: str,
        state: str,
        reason: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> tuple[list[LedgerRow], str | None]:
        if group == "webhooks":
            return self.webhooks, None
        return [row for row in self.book_rows if reason is None or row.reason == reason], None

    async def webhook(self, business_id: BusinessId, webhook_id: int, at: datetime) -> LedgerRow | None:
        return next((row for row in self.webhooks if (row.id, row.at) == (str(webhook_id), at)), None)

    async def own_ids(self, business_id: BusinessId) -> OwnIds:
        return OwnIds(frozenset({"waba"}), frozenset({"number"}))

    def _count(self, name: str) -> None:
        self.reads[name] = self.reads.get(name, 0) + 1


def a_full_thread(row: ConversationRow) -> list[MessageRow]:
    """One message of every kind there is."""
    at = iter(NOW - timedelta(minutes=minutes) for minutes in range(1600, 0, -40))

    def heard(body: str | None, kind: str = "text", **changes: Any) -> MessageRow:
        return a_message(row, body, kind=kind, sent_at=next(at), **changes)

    media = {"media_id": "1", "mime_type": "image/jpeg"}
    return [
        heard("Hola, ¿tenéis envío a Canarias?"),
        by_bot(
            row,
            "¡Hola! Sí, enviamos a Canarias en 5 a 7 días laborables. El envío cuesta 9,90 €.",
            sent_at=next(at),
        ),
        heard("¿Y dónde miro el seguimiento? https://envios.example/seguir?id=ES-4431", reactions={"business": "👍"}),
        by_bot(
            row,
            "Te llega un enlace por correo cuando sale el paquete.",
            sent_at=next(at),
            turn=TurnRow("model", "model_answered", {"model_ms": 840}, "gpt-5-mini", 1240, 58, 0.00043),
            content={"buttons": [{"title": "Ver mi pedido"}, {"title": "Hablar con alguien"}]},
        ),
        heard("Así llegó la caja", "image", content={"media": media}, state="handed_over", reason="cannot_read_media"),
        heard(None, "audio", content={"media": {"mime_type": "audio/ogg; codecs=opus", "voice": True}}),
        heard(
            None,
            "document",
            content={"media": {"mime_type": "application/pdf", "filename": "factura-2291.pdf", "size": 184_000}},
        ),
        heard(None, "sticker", content={"media": {"mime_type": "image/webp", "animated": True}}),
        heard(None, "video", content={"media": {"mime_type": "video/mp4"}}),
        heard(
            "Plaza Mayor",
            "location",
            content={
                "location": {
                    "latitude": 40.4155,
                    "longitude": -3.7074,
                    "name": "Plaza Mayor",
                    "address": "28012 Madrid",
                }
            },
        ),
        heard(
            "Ana López",
            "contacts",
            content={
                "contacts": [{"name": "Ana López", "phones": [{"phone": "+34 600 000 001"}], "company": "Taller Ana"}]
            },
        ),
        heard(
            "Me lo llevo",
            "order",
            content={
                "order": {
                    "items": [
                        {"retailer_id": "vela-lavanda", "quantity": "2", "price": "12.50", "currency": "EUR"},
                        {"retailer_id": "jabon-romero", "quantity": "1", "price": "4.90", "currency": "EUR"},
                    ]
                }
            },
        ),
        heard("10:00", "interactive", content={"reply": {"kind": "list", "title": "10:00", "description": "30 min"}}),
        heard(
            "Enviado",
            "interactive",
            content={"flow": {"name": "flow", "data": {"flow_token": "t", "día": "lunes", "personas": 4}}},
        ),
        heard(None, "unsupported", content={"unsupported_kind": "poll"}, state="handed_over", reason="unsupported"),
        heard("Cambió su número de teléfono", "system", state="ignored", reason="system"),
        heard("Lo quiero en azul", edited_at=NOW, edits=[{"body": "Lo quiero en rojo"}]),
        heard("uy", revoked_at=NOW),
        heard("Eso mismo", quoted=Quoted("bot", "text", "Te llega un enlace por correo cuando sale el paquete.")),
        heard(
            "Mirad esto",
            content={
                "forwarded": True,
                "referral": {"headline": "Velas de temporada", "source_url": "https://fb.example/x"},
            },
        ),
        by_member(row, "Hola Lucía, soy Carmen. Te lo cambio sin problema.", sent_at=next(at), state="read"),
        by_member(
            row,
            "¿Te va bien el jueves?",
            sent_at=next(at),
            state="failed",
            error={"code": 131026, "title": "Message undeliverable"},
        ),
        by_member(row, "Te escribo también por correo.", sent_at=next(at), state="unconfirmed", reason="no_answer"),
        a_message(
            row,
            "Desde el móvil: ya está en camino",
            direction="out",
            author="phone_app",
            state="sent",
            sent_at=next(at),
        ),
        heard("¡Perfecto, muchas gracias!", reactions={"business": "❤️", "contact": "😊"}),
        by_member(row, "A ti, que lo disfrutes.", sent_at=NOW - timedelta(minutes=1), state="queued"),
    ]


def a_shop() -> FrozenInbox:
    """A morning in a candle shop."""
    inbox = FrozenInbox()
    lucia = a_conversation(
        handler="person",
        assigned_to="Carmen Ruiz",
        last_author="member",
        last_state="queued",
        last_preview="A ti, que lo disfrutes.",
        username="lucia.fdez",
    )
    inbox.put(lucia, *a_full_thread(lucia))
    others: tuple[tuple[str, dict[str, Any]], ...] = (
        ("Marcos Ortega", {"handler": "waiting", "handed_over_because": "asked_for_person", "unread": 3,
         "last_preview": "Prefiero hablar con una persona, por favor", **heard_ago(minutes=1)}),
        ("Inés Álvarez", {"last_author": "bot", "last_state": "read", **heard_ago(minutes=12),
         "last_preview": "Abrimos de lunes a sábado, de 10 a 14 y de 17 a 20:30."}),
        ("Tomás Gil", {"unread": 1, "last_kind": "audio", "last_preview": None, "handler": "waiting",
         "handed_over_because": "cannot_read_media", **heard_ago(hours=22, minutes=50),
         "last_message_at": NOW - timedelta(minutes=31)}),
        ("Nuria Sanz", {"last_author": "bot", "last_state": "delivered", **heard_ago(hours=2),
         "last_preview": "Tu pedido sale hoy por la tarde."}),
        ("Distribuciones Peláez", {"last_author": "phone_app", "last_state": "sent", "handler": "person",
         "handed_over_because": "phone_app", "last_preview": "Mañana os paso el albarán firmado",
         **heard_ago(hours=5)}),
        ("@bea.cocina", {"phone": None, "username": "bea.cocina", "last_kind": "image", "unread": 1,
         "last_preview": "¿Tenéis esta en grande?", **heard_ago(hours=20)}),
        ("Jon Etxeberria", {"last_author": "member", "last_state": "failed", "handler": "person",
         "assigned_to": "Iker Sáez", "last_preview": "¿Te va bien el jueves?", **heard_ago(days=1, hours=5)}),
        ("Pilar Domínguez", {"last_preview": "Gracias 😊", **heard_ago(days=3)}),
        ("Rosa M.", {"last_author": "bot", "last_state": "read", "last_preview": "¡Hasta pronto!",
         **heard_ago(days=9)}),
    )  # fmt: skip
    for name, changes in others:
        row = inbox.put(a_conversation(name, **changes))
        inbox.put(row, a_message(row, row.last_preview or "…", sent_at=row.last_message_at))
    inbox.books = Ledger(
        webhooks={"received": 412, "processed": 409, "failed": 1, "pending": 2},
        inbound={"stored": 184, "answered": 131, "handed_over": 31, "ignored": 20, "pending": 2},
        outbound={
            "queued": 1,
            "dispatching": 0,
            "sent": 4,
            "delivered": 37,
            "read": 118,
            "failed": 2,
            "unconfirmed": 1,
        },
        ignored_because={"reaction": 11, "nothing_to_answer": 6, "system": 3},
        handed_over_because={"person_has_it": 14, "asked_for_person": 9, "cannot_read_media": 5, "no_match": 3},
        failed_because={"meta:131026": 1, "outside_service_window": 1},
    )
    inbox.book_rows = [
        LedgerRow(
            id=str(number),
            at=NOW - timedelta(minutes=7 * number),
            what="text" if number % 3 else "audio",
            state="handed_over",
            reason="asked_for_person",
            body="Prefiero hablar con una persona" if number % 3 else None,
            conversation_id=lucia.id,
            contact_name="Lucía Fernández",
        )
        for number in range(12)
    ]
    inbox.webhooks = [a_webhook({"entry": [an_entry("waba", "number", {"statuses": [a_status("delivered")]})]}, 7)]
    return inbox


def a_webhook(body: dict[str, Any] | bytes, number: int = 1, **changes: Any) -> LedgerRow:
    """A webhook as it was kept."""
    raw = body if isinstance(body, bytes) else json.dumps({"object": "whatsapp_business_account", **body}).encode()
    row = LedgerRow(
        id=str(number), at=NOW, what="whatsapp", state="processed", reason=None, body=None, conversation_id=None,
        contact_name=None, payload=raw,
    )  # fmt: skip
    return replace(row, **changes)


def an_entry(waba_id: str, phone_number_id: str, value: dict[str, Any]) -> dict[str, Any]:
    """Of one account, with one change of one number."""
    metadata = {"display_phone_number": "34910000001", "phone_number_id": phone_number_id}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return {"id": waba_id, "changes": [change]}


def a_status(status: str, wamid: str = "wamid.HBgLMzQ2MDAxMTEyMjI=") -> dict[str, Any]:
    return {"id": wamid, "status": status, "timestamp": "1795000000", "recipient_id": "34600111222"}
