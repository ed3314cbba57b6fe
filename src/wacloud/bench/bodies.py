"""Webhooks as Meta sends them, some 900 bytes each, and each told apart by the mark in its text."""

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

FIRST_MARK = 1_000_000
_MARK = re.compile(r"\bref\.B(\d{7,})\b")

# Questions like any others, each of another kind, so that nobody is taken for a machine that repeats itself. They end
# as finished ones do, so that nobody waits for more, and a list shows the mark. In ASCII, as Meta writes.
_TEXTS = tuple(
    json.dumps(text)[1:-1]
    for text in (
        (
            "Hola, buenas tardes. Os escribo por el pedido ref.B%d que hice la semana pasada desde vuestra tienda: me "
            "gustaría saber cuándo llega, si puedo cambiar la dirección de entrega y si aceptáis devoluciones en la "
            "tienda de la calle Mayor. ¿Me lo podéis confirmar hoy?"
        ),
        (
            "Perdona, otra cosa de ref.B%d: la camisa azul que venía en el paquete me queda grande y quería una talla "
            "menos. No sé si tengo que llevar la caja original o basta con la etiqueta, porque el cartón se rompió al "
            "abrirlo. ¿Qué hago entonces?"
        ),
        (
            "Otra pregunta: lo de ref.B%d lo vio mi hermana en el escaparate y le encantó; pregunta si queda en "
            "verde o en burdeos y si se lo podéis guardar un par de días, que vive lejos y viene en tren. ¿Sería "
            "posible guardarlo?"
        ),
        (
            "Por cierto, con el código ref.B%d vi en la página un jarrón de cerámica que no está en el catálogo, "
            "debajo de la foto. Es para un regalo de boda, así que necesitaría que fuese envuelto y con una tarjeta "
            "escrita a mano. ¿Todavía lo hacéis?"
        ),
        (
            "Acabo de mirar el correo y no veo ninguna factura de ref.B%d. La pedí a nombre de la empresa porque tengo "
            "que presentarla en la gestoría antes de final de mes; si falta algún dato fiscal te lo mando enseguida. "
            "¿Dónde puedo descargarla?"
        ),
        (
            "Una última duda sobre ref.B%d: el transportista dejó el aviso en el buzón aunque estábamos en casa toda "
            "la mañana, y el teléfono que aparece no contesta nadie. Preferiría recogerlo yo mismo en el almacén del "
            "polígono. ¿A quién aviso?"
        ),
    )
)
_BODY = (
    '{"object":"whatsapp_business_account","entry":[{"id":"%s","changes":[{"value":{"messaging_product":"whatsapp",'
    '"metadata":{"display_phone_number":"%s","phone_number_id":"%s"},"contacts":[{"profile":{"name":"Cliente %d"},'
    '"wa_id":"%s","user_id":"%s"}],"messages":[{"from":"%s","from_user_id":"%s","id":"wamid.BENCH%024d",'
    '"timestamp":"%d","text":{"body":"%s"},"type":"text"}]},"field":"messages"}]}]}'
)


@dataclass(frozen=True, slots=True)
class Account:
    """A business under measurement, as Meta names it."""

    business_id: str
    waba_id: str
    phone_number_id: str
    display_phone_number: str
    access_token: str


@dataclass(frozen=True, slots=True)
class Mail:
    """
    What a load consists of: message `n` is the same bytes whenever it is asked for.

    `first` is the mark of the first message; the conversations take turns, so each gets a message every
    `conversations / rate` seconds. A rate of 0 is a load without a timetable.
    """

    secret: str
    accounts: Sequence[Account]
    conversations: int
    first_phone: int
    first: int
    written_at: int
    rate: float = 0.0

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """A mail that has been through JSON."""
        accounts = [Account(**account) for account in content["accounts"]]
        return cls(**{**content, "accounts": accounts})

    def wa_id(self, n: int) -> str:
        """Whose message `n` is."""
        return wa_id_of(self.first_phone + n % self.conversations)

    def account(self, n: int) -> Account:
        """To whom message `n` is written. A conversation stays with its business."""
        return self.accounts[n % self.conversations % len(self.accounts)]

    def body(self, n: int) -> bytes:
        """The webhook of message `n`."""
        account, who = self.account(n), self.wa_id(n)
        bsuid, mark = bsuid_of(who), self.first + n
        at = self.written_at + (int(n / self.rate) if self.rate else 0)
        return (
            _BODY
            % (
                account.waba_id,
                account.display_phone_number,
                account.phone_number_id,
                n % self.conversations,
                who,
                bsuid,
                who,
                bsuid,
                mark,
                at,
                _TEXTS[n // self.conversations % len(_TEXTS)] % mark,
            )
        ).encode()

    def request(self, n: int) -> bytes:
        """Message `n` as HTTP, signed."""
        body = self.body(n)
        signature = hmac.digest(self.secret.encode(), body, "sha256").hex()
        return (
            "POST /api/webhooks/whatsapp HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: facebookexternalua\r\n"
            "Accept: */*\r\nContent-Type: application/json\r\n"
            f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body


def wa_id_of(number: int) -> str:
    """A Spanish mobile phone that nobody has."""
    return f"34{600_000_000 + number}"


def bsuid_of(wa_id: str) -> str:
    """The person's id at the businesses under measurement."""
    return f"ES.{int(wa_id):020d}"


def marks_in(text: str) -> list[int]:
    """The messages a text speaks of."""
    return [int(mark) for mark in _MARK.findall(text)]


def mark(n: int) -> str:
    """How a text names a message."""
    return f"ref.B{n}"
