"""Words by which Meta tells promotions from news of an order, and ways to say that one wants no more of them."""

import re
import unicodedata
from typing import Final

# A template that says one of these is sold as marketing, whatever its author calls it.
_PROMOTION: Final = re.compile(
    r"\b(oferta|ofertas|descuento|descuentos|rebaja|rebajas|promocion|promociones|promo|cupon|cupones|gratis|"
    r"regalo|regalos|sorteo|liquidacion|black friday|2x1|3x2|aprovecha|no te lo pierdas|no se lo pierda|"
    r"ultimas? (horas|unidades|plazas)|novedades|nueva coleccion|compra ya|compre ya|te echamos de menos|"
    r"offer|offers|discount|discounts|on sale|summer sale|winter sale|deal|deals|promotion|promo code|"
    r"coupon|coupons|(?<!feel )(?<!is )free|gift|gifts|giveaway|special price|limited time|"
    r"last chance|don'?t miss|buy now|shop now|new arrivals|new collection|"
    r"we miss you|save \d+|\d+ ?% ?(off|dto|menos|de descuento))\b"
)
_OPT_OUT: Final = re.compile(
    r"\b(baja|no (quiero|recibir|deseo)|dejar de recibir|cancelar suscripcion|stop|unsubscribe|opt out|opt-out|"
    r"no more|not interested|salir)\b"
)
_SENSITIVE: Final = re.compile(
    r"\b(numero de (tarjeta|cuenta)|cvv|contrasena|clave de acceso|numero de (dni|nif|nie|pasaporte)|"
    r"card number|account number|password|passport number|social security number|national id)\b"
)
_SHORT_LINK: Final = re.compile(
    r"\b(bit\.ly|tinyurl\.com|t\.co|goo\.gl|ow\.ly|is\.gd|cutt\.ly|wa\.me|api\.whatsapp\.com)\b"
)
EMOJI: Final = re.compile("[\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\u3030\u303d\U0001f000-\U0001faff]")


def plain(text: str) -> str:
    """Small letters without accents."""
    spread = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in spread if not unicodedata.combining(c))


def promotion_in(text: str) -> str | None:
    """The first promotional word."""
    found = _PROMOTION.search(plain(text))
    return found[0] if found else None


def offers_way_out(text: str) -> bool:
    """Whether it says how to get no more promotions."""
    return _OPT_OUT.search(plain(text)) is not None


def asks_for_secrets(text: str) -> bool:
    """Whether it names what nobody may ask for in a message."""
    return _SENSITIVE.search(plain(text)) is not None


def has_short_link(text: str) -> bool:
    """A link that hides where it leads, or leads back into WhatsApp."""
    return _SHORT_LINK.search(text.lower()) is not None
