"""Message templates to start from, by sector, in Spanish and English. Meta's review tends to accept their like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_ANY: Final = frozenset({"retail", "healthcare", "restaurant", "other"})


@dataclass(frozen=True, slots=True)
class Wording:
    """Text, examples for its variables in their order, and the labels of quick replies."""

    body: str
    examples: Sequence[str]
    replies: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Starter:
    """One of them; `wordings` by language."""

    name: str
    category: str
    sectors: frozenset[str]
    wordings: Mapping[str, Wording]


def starters_for(sector: str) -> Sequence[Starter]:
    """Those of a sector, and those for all."""
    return [one for one in STARTERS if sector in one.sectors]


def _starter(name: str, category: str, sectors: frozenset[str], es: Wording, en: Wording) -> Starter:
    return Starter(name, category, sectors, {"es": es, "en": en})


STARTERS: Final = (
    _starter(
        "appointment_confirmed",
        "UTILITY",
        frozenset({"healthcare", "other"}),
        Wording(
            "Hola {{1}}, tu cita del {{2}} a las {{3}} está confirmada. Si no puedes venir, avísanos con tiempo.",
            ("Lucía", "martes 2 de diciembre", "10:30"),
            ("Cambiar la cita", "Anular la cita"),
        ),
        Wording(
            "Hello {{1}}, your appointment on {{2}} at {{3}} is confirmed. If you cannot come, please let us know.",
            ("Lucy", "Tuesday 2 December", "10:30"),
            ("Change it", "Cancel it"),
        ),
    ),
    _starter(
        "appointment_reminder",
        "UTILITY",
        frozenset({"healthcare", "other"}),
        Wording(
            "Hola {{1}}, te recordamos tu cita de mañana, {{2}}, a las {{3}}. ¿Podrás venir?",
            ("Lucía", "2 de diciembre", "10:30"),
            ("Sí, allí estaré", "Necesito cambiarla"),
        ),
        Wording(
            "Hello {{1}}, this is a reminder of your appointment tomorrow, {{2}}, at {{3}}. Will you be there?",
            ("Lucy", "2 December", "10:30"),
            ("Yes, I will", "I need to change it"),
        ),
    ),
    _starter(
        "appointment_moved",
        "UTILITY",
        frozenset({"healthcare", "other"}),
        Wording(
            "Hola {{1}}, hemos tenido que mover tu cita al {{2}} a las {{3}}. Perdona el cambio: ¿te viene bien?",
            ("Lucía", "jueves 4 de diciembre", "12:00"),
            ("Me viene bien", "Otra hora, por favor"),
        ),
        Wording(
            "Hello {{1}}, we had to move your appointment to {{2}} at {{3}}. Sorry about that: does it suit you?",
            ("Lucy", "Thursday 4 December", "12:00"),
            ("It suits me", "Another time, please"),
        ),
    ),
    _starter(
        "table_confirmed",
        "UTILITY",
        frozenset({"restaurant"}),
        Wording(
            "Hola {{1}}, tu mesa para {{2}} personas el {{3}} está reservada. Te esperamos.",
            ("Lucía", "4", "viernes a las 21:00"),
            ("Cambiar la reserva", "Anular la reserva"),
        ),
        Wording(
            "Hello {{1}}, your table for {{2}} on {{3}} is booked. See you then.",
            ("Lucy", "4", "Friday at 21:00"),
            ("Change the booking", "Cancel the booking"),
        ),
    ),
    _starter(
        "table_reminder",
        "UTILITY",
        frozenset({"restaurant"}),
        Wording(
            "Hola {{1}}, te recordamos tu reserva de hoy a las {{2}}. ¿La mantenemos?",
            ("Lucía", "21:00"),
            ("Sí, vamos", "No podemos ir"),
        ),
        Wording(
            "Hello {{1}}, this is a reminder of your booking today at {{2}}. Shall we keep it?",
            ("Lucy", "21:00"),
            ("Yes, we are coming", "We cannot come"),
        ),
    ),
    _starter(
        "order_received",
        "UTILITY",
        frozenset({"retail", "restaurant"}),
        Wording(
            "Hola {{1}}, hemos recibido tu pedido {{2}} por {{3}}. Te avisaremos en cuanto esté listo.",
            ("Lucía", "A-1042", "34,50 €"),
        ),
        Wording(
            "Hello {{1}}, we have received your order {{2}} for {{3}}. We will tell you as soon as it is ready.",
            ("Lucy", "A-1042", "€34.50"),
        ),
    ),
    _starter(
        "order_ready",
        "UTILITY",
        frozenset({"retail", "restaurant"}),
        Wording(
            "Hola {{1}}, tu pedido {{2}} está listo para recoger. Hoy cerramos a las {{3}}, ven cuando quieras.",
            ("Lucía", "A-1042", "20:30"),
            ("Voy hoy", "Iré otro día"),
        ),
        Wording(
            "Hello {{1}}, your order {{2}} is ready to be picked up. We are open until {{3}} today.",
            ("Lucy", "A-1042", "20:30"),
            ("I will come today", "Another day"),
        ),
    ),
    _starter(
        "order_on_its_way",
        "UTILITY",
        frozenset({"retail", "restaurant"}),
        Wording(
            "Hola {{1}}, tu pedido {{2}} va de camino y llegará {{3}}. Si algo va mal, responde a este mensaje.",
            ("Lucía", "A-1042", "entre las 13:00 y las 14:00"),
        ),
        Wording(
            "Hello {{1}}, your order {{2}} is on its way and will arrive {{3}}. If anything is wrong, reply here.",
            ("Lucy", "A-1042", "between 13:00 and 14:00"),
        ),
    ),
    _starter(
        "back_in_stock",
        "MARKETING",
        frozenset({"retail"}),
        Wording(
            "Hola {{1}}, ya tenemos otra vez {{2}}, por lo que nos preguntaste. ¿Te lo guardamos?",
            ("Lucía", "la vela de lavanda grande"),
            ("Sí, guárdamelo", "No recibir más"),
        ),
        Wording(
            "Hello {{1}}, we have {{2}} again, which you asked us about. Shall we keep it for you?",
            ("Lucy", "the large lavender candle"),
            ("Yes, keep it", "No more of these"),
        ),
    ),
    _starter(
        "new_menu",
        "MARKETING",
        frozenset({"restaurant"}),
        Wording(
            "Hola {{1}}, esta semana estrenamos {{2}} en la carta. ¿Te reservamos mesa?",
            ("Lucía", "los platos de otoño"),
            ("Reservar mesa", "No recibir más"),
        ),
        Wording(
            "Hello {{1}}, this week there is {{2}} on the menu. Shall we book a table for you?",
            ("Lucy", "our autumn dishes"),
            ("Book a table", "No more of these"),
        ),
    ),
    _starter(
        "check_up_due",
        "MARKETING",
        frozenset({"healthcare"}),
        Wording(
            "Hola {{1}}, ha pasado {{2}} desde tu última revisión. ¿Quieres que te busquemos una hora?",
            ("Lucía", "un año"),
            ("Sí, buscad hora", "No recibir más"),
        ),
        Wording(
            "Hello {{1}}, it has been {{2}} since your last check-up. Would you like us to find a time for you?",
            ("Lucy", "one year"),
            ("Yes, find a time", "No more of these"),
        ),
    ),
    _starter(
        "quote_ready",
        "UTILITY",
        frozenset({"other", "retail"}),
        Wording(
            "Hola {{1}}, el presupuesto que nos pediste para {{2}} ya está listo. Responde aquí y te lo enviamos.",
            ("Lucía", "la reforma del baño"),
            ("Enviádmelo", "Tengo una pregunta"),
        ),
        Wording(
            "Hello {{1}}, the quote you asked us for, {{2}}, is ready. Reply here and we will send it to you.",
            ("Lucy", "for the new bathroom"),
            ("Send it to me", "I have a question"),
        ),
    ),
    _starter(
        "we_answer_now",
        "UTILITY",
        _ANY,
        Wording(
            "Hola {{1}}, nos escribiste sobre {{2}} y ya podemos responderte. Contesta a este mensaje y seguimos.",
            ("Lucía", "el cambio de talla"),
            ("Sí, seguimos", "Ya no hace falta"),
        ),
        Wording(
            "Hello {{1}}, you wrote to us about {{2}}, and we can answer now. Reply to this message and we will go on.",
            ("Lucy", "another size"),
            ("Yes, go on", "No longer needed"),
        ),
    ),
)
