"""Businesses made for a measurement: with a number, a bot that does not wait, and something it knows."""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from wacloud.bench.bodies import Account
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.infra.bot_versions import PostgresBotVersions
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId, new_id
from wacloud.shared.infra.postgres import PostgresDatabase

# The most Meta gives a number.
THROUGHPUT = 1000
PORTFOLIO = "900000000000000"
_FALLBACK = "Ahora te atiende una persona."
_KNOWN = (
    ("¿Cuándo llega mi pedido?", "Los pedidos salen en un día laborable y llegan en dos o tres."),
    ("¿Puedo cambiar la dirección de entrega?", "Sí, mientras el pedido no haya salido del almacén."),
    ("¿Aceptáis devoluciones?", "Durante treinta días, con la etiqueta puesta y el tique de compra."),
    ("¿Cuánto cuesta el envío?", "Cuatro euros en la península; gratis desde cincuenta."),
    ("¿Qué horario tenéis?", "De lunes a sábado, de diez a dos y de cinco a ocho y media."),
    ("¿Dónde está la tienda?", "En la calle Mayor, junto al mercado."),
    ("¿Se puede pagar con tarjeta?", "Con tarjeta, en efectivo y por móvil."),
    ("¿Hacéis arreglos?", "Sí, los arreglos sencillos están listos en dos días."),
    ("¿Envolvéis para regalo?", "Sí, y no cuesta nada."),
    ("¿Tenéis tarjetas regalo?", "De veinte, cincuenta y cien euros."),
)


async def add_numbers(
    db: PostgresDatabase, encrypt: Callable[[str], str], account: Account, count: int, throughput: int
) -> list[Account]:
    """The account with so many numbers in all, each of this throughput; the first is the one it has."""
    digits = [f"{secrets.randbelow(10**12):012}" for _ in range(count - 1)]
    numbers = [
        account,
        *(
            replace(account, phone_number_id=f"701{own}", display_phone_number=f"3492{place:07}")
            for place, own in enumerate(digits)
        ),
    ]
    async with db.system("give a measured business more numbers") as tx:
        for one in numbers[1:]:
            await _insert(
                tx,
                "phone_numbers",
                business_id=account.business_id,
                id=new_id(),
                waba_id=account.waba_id,
                phone_number_id=one.phone_number_id,
                display_phone_number=one.display_phone_number,
                verified_name="Bench",
                access_token=encrypt(account.access_token),
            )
        ids = [one.phone_number_id for one in numbers]
        await tx.execute(
            "update app.phone_numbers set throughput = %s where phone_number_id = any(%s)", (throughput, ids)
        )
    return numbers


async def make_businesses(db: PostgresDatabase, encrypt: Callable[[str], str], count: int) -> list[Account]:
    """New businesses, so that nothing an earlier measurement left behind is counted."""
    return [await _make_business(db, encrypt, place) for place in range(count)]


async def business_called(db: PostgresDatabase, encrypt: Callable[[str], str], name: str) -> BusinessId:
    """The business of this name, made at first; what takes long to fill is filled once and goes on where it stopped."""
    async with db.system("a business that an earlier measurement filled") as tx:
        row = await tx.row("select id from app.businesses where name = %s", (name,))
    if row is not None:
        return BusinessId(row.id)
    account = await _make_business(db, encrypt, 0, name)
    return BusinessId(UUID(account.business_id))


async def _make_business(db: PostgresDatabase, encrypt: Callable[[str], str], place: int, name: str = "") -> Account:
    business_id, user_id = BusinessId(new_id()), UserId(new_id())
    digits = f"{secrets.randbelow(10**12):012}"
    account = Account(
        business_id=str(business_id),
        waba_id=f"901{digits}",
        phone_number_id=f"701{digits}",
        display_phone_number=f"3491{place:07}",
        access_token=f"bench-{secrets.token_hex(16)}",
    )
    name = name or f"Bench {place + 1}"
    async with db.system("make a business to measure with") as tx:
        email = f"bench-{digits}@example.invalid"
        await _insert(
            tx, "users", id=user_id, name=name, email=email, language="es", email_verified_at=datetime.now(UTC)
        )
        await _insert(tx, "businesses", id=business_id, owner_id=user_id, name=name, sector="retail")
        await _insert(tx, "members", business_id=business_id, user_id=user_id, role="owner")
        await _insert(tx, "whatsapp_accounts", business_id=business_id, waba_id=account.waba_id, name=name)
        await _insert(
            tx,
            "phone_numbers",
            business_id=business_id,
            id=new_id(),
            waba_id=account.waba_id,
            phone_number_id=account.phone_number_id,
            display_phone_number=account.display_phone_number,
            verified_name=name,
            access_token=encrypt(account.access_token),
            throughput=THROUGHPUT,
        )
    async with db.tenant(business_id) as tx:
        # The wait for the rest of a burst is deliberate; what is measured is the rest.
        bot = BotSettings(fallback_text=_FALLBACK, quiet_ms=0, max_wait_ms=0)
        await PostgresBotVersions().publish(tx, business_id, bot)
        for position, (question, answer) in enumerate(_KNOWN):
            await _insert(
                tx,
                "knowledge_items",
                business_id=business_id,
                id=new_id(),
                question=question,
                answer=answer,
                position=position,
            )
    return account


def world_of(
    accounts: Sequence[Account],
    *,
    app_secret: str,
    verify_token: str,
    callback_url: str,
    throughput: int = THROUGHPUT,
    slower: Sequence[Account] = (),
) -> str:
    """
    The world of Meta's twin, in which each of our messages is sent, delivered and read within 0.3 s.

    `slower` are numbers of one more account, each of which may send `throughput` messages a second.
    """
    wabas = [_waba([account], THROUGHPUT) for account in accounts]
    return json.dumps(
        {
            "app_id": "1",
            "app_secret": app_secret,
            "verify_token": verify_token,
            "callback_url": callback_url,
            "wabas": [*wabas, *([_waba(slower, throughput)] if slower else [])],
            # The load does not come through the twin, so it has never seen these people write.
            "defaults": {"window": "off", "status_delays_ms": {"sent": 30, "delivered": 120, "read": 300}},
        }
    )


def _waba(numbers: Sequence[Account], throughput: int) -> dict[str, Any]:
    return {
        "waba_id": numbers[0].waba_id,
        "name": "Bench",
        "access_token": numbers[0].access_token,
        "business_id": PORTFOLIO,
        "numbers": [
            {
                "phone_number_id": one.phone_number_id,
                "display_phone_number": f"+{one.display_phone_number}",
                "verified_name": "Bench",
                "throughput": throughput,
            }
            for one in numbers
        ],
    }


def ids_of(accounts: Sequence[Account]) -> list[BusinessId]:
    """The businesses behind these accounts."""
    return [BusinessId(UUID(account.business_id)) for account in accounts]


async def _insert(tx: Tx, table: str, **values: object) -> None:
    places = ", ".join(["%s"] * len(values))
    await tx.execute(f"insert into app.{table} ({', '.join(values)}) values ({places})", list(values.values()))
