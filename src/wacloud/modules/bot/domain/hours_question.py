"""
"¿A qué hora cerráis hoy?": a question about opening hours and nothing else, and the days it asks about.

Every word has to be one of such a question: "¿a qué hora abre la terraza?" is about something the hours do not tell.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from wacloud.modules.bot.domain.spelling import Vocabulary, unaccented, words_of
from wacloud.modules.bot.domain.spoken_numbers import FEASTS

# One of these has to be there.
_ASKS: Final = frozenset(
    words_of(
        "abris abre abren abrireis abriran abierto abiertos abierta abiertas cerrais cierra cierran cerrado "
        "cerrados cerrada cerradas cerrareis horario horarios apertura cierre abrimos cerramos open opens opening "
        "close closes closed closing hours abrem fecham fecha aberto abertos fechado fechados funcionamento"
    )
)
# What may stand around it, plain as `words_of` leaves it.
_AROUND: Final = frozenset(
    words_of(
        "a al ahora ya aun todavia que hora horas el la los las lo de del desde hasta en es y o u por para con "
        "cual cuales cuando como se si no me te os nos le su sus vuestro vuestra vuestros tu tus ese esa este esta "
        "estos estas sois estais estan estaras esteis teneis tienes tienen tiene haceis hace puedes puede podeis "
        "podrias podriais decir decirme dices decis dime saber sabes sabeis queria quisiera quiero preguntar "
        "preguntaros pregunta preguntita consulta duda una un favor hola buenas buenos buen tardes noches dias dia "
        "gracias vosotros ustedes usted tienda local negocio establecimiento sitio atencion publico normal "
        "habitual viene siguiente festivo festivos puente fiesta medio "
        "semana entre manana tarde noche mediodia hoy pasado fin fines proximo "
        "proxima what time do does "
        "you your are is the on at in until till when and can could tell please hi hello today tomorrow now still "
        "business this next week weekend from to of i know voces hoje amanha ate qual seu as da loja qualquer "
        "lunes martes miercoles jueves viernes sabado sabados domingo domingos monday tuesday wednesday thursday "
        "friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays segunda terca "
        "quarta quinta sexta feira fins"
    )
)
_MONTHS: Final = {
    name: number
    for names in (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "january february march april may june july august september october november december",
        "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    )
    for number, name in enumerate(names.split(), 1)
}
_WEEKDAYS: Final = {
    name: day
    for names in (
        "lunes martes miercoles jueves viernes sabado domingo",
        "monday tuesday wednesday thursday friday saturday sunday",
        "segunda terca quarta quinta sexta sabado domingo",
    )
    for day, name in enumerate(names.split())
}
_DATED: Final = re.compile(r"\b(\d{1,2})(?:º|st|nd|rd|th)? (?:de |of )?([a-z]{3,10})\b|\b(\d{1,2})[/-](\d{1,2})\b")
# A date with its day of the week is one day: "el viernes 4 de diciembre".
_DAY_BEFORE_DATE: Final = re.compile(
    rf"\b(?:{'|'.join(_WEEKDAYS)})(?: feira)? (?:the |el |dia )?"
    r"(?=\d{1,2}(?:º|st|nd|rd|th)? (?:de |of )?[a-z]{3,10}\b|\d{1,2}[/-]\d)"
)
# "El próximo viernes", asked on a Friday, is in a week.
_NEXT_DAY: Final = re.compile(
    rf"\b(?:proxim[oa]|next) ({'|'.join(_WEEKDAYS)})\b"
    rf"|\b({'|'.join(_WEEKDAYS)})(?: feira)? (?:que viene|proxim[oa]|siguiente)\b"
)
_MORNING: Final = re.compile(r"\b(?:por|de|a) la manana\b|\bpela manha\b")
# "¿Abrís de lunes a viernes?" asks for the week.
_FROM_TO: Final = re.compile(
    rf"\b(?:{'|'.join(_WEEKDAYS)})s? (?:feira )?(?:a|ate|to|through|hasta) (?:el |los )?(?:{'|'.join(_WEEKDAYS)})s?\b"
)
_AT_WEEKENDS: Final = re.compile(r"\b(?:fin(?:es)? de semana|finde|weekends?|fim de semana)\b")
_IN_THE_WEEK: Final = re.compile(r"\bentre semana\b|\bduring the week\b")
_TODAY: Final = re.compile(
    r"\b(?:hoy|ahora|esta (?:tarde|noche|manana)|todavia|aun|today|now|still|tonight|hoje|agora)\b"
)
_AFTER_TOMORROW: Final = re.compile(r"\bpasado manana\b|\bday after tomorrow\b|\bdepois de amanha\b")
_IS_IT_OPEN: Final = re.compile(
    r"\best(?:a|as|ais|an) (?:ya )?(?:abiert|cerrad|abert|fechad)|\bare you (?:open|closed)"
)
_TOMORROW: Final = re.compile(r"\b(?:manana|tomorrow|amanha)\b")
_MOST_WORDS: Final = 40
# "A q ora cerrais el savado": what sounds like a word of such a question, or is one slip of the key away from it.
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_MEANT: Final = Vocabulary(
    [" ".join((*_ASKS, *_AROUND, *_MONTHS)), *(name for names in FEASTS.values() for name in names)]
)


def days_asked(texts: Sequence[str], today: date) -> tuple[date, ...] | None:
    """
    The days whose hours are asked for; none of them: the usual week. None where it is no such question.

    "El viernes" is the next one, today included; "el próximo viernes" is never today.
    """
    text = " ".join(texts)
    if len(text.split()) > _MOST_WORDS:
        return None
    text = _LETTERS.sub(lambda word: _MEANT.meant(word[0]), unaccented(text))
    words = words_of(text)
    if _ASKS.isdisjoint(words):
        return None
    text, feasts = _feasts(text, today)
    undated, dates = _dates(_DAY_BEFORE_DATE.sub("", " ".join(re.findall(r"[\w/-]+", unaccented(text)))), today)
    if not _ASKS.union(_AROUND).issuperset(words_of(undated)):
        return None
    dates |= feasts or _named(_MORNING.sub(" ", undated), today)
    if not dates and _IS_IT_OPEN.search(undated):
        dates = {today}
    return tuple(sorted(dates))


def speaks_of_hours(question: str) -> bool:
    """Whether a question of the knowledge is one about opening hours, whatever else it says."""
    return not _ASKS.isdisjoint(words_of(question))


def _feasts(text: str, today: date) -> tuple[str, set[date]]:
    """The text without the feasts it names, and their next days."""
    found: set[date] = set()
    for (month, day), names in FEASTS.items():
        without = re.sub(rf"\b(?:dia de )?(?:{'|'.join(names)})\b", " ", text)
        if without != text and (when := _next(day, month, today)):
            found.add(when)
        text = without
    return text, found


def _dates(text: str, today: date) -> tuple[str, set[date]]:
    """The text without its dates, and the dates: the next such day."""
    found: set[date] = set()

    def take(match: re.Match[str]) -> str:
        day, month_name, day_too, month_number = match.groups()
        month = _MONTHS.get(month_name) if month_name else int(month_number)
        when = _next(int(day or day_too), month, today) if month else None
        if when is None:
            return match[0]
        found.add(when)
        return " "

    return _DATED.sub(take, text), found


def _next(day: int, month: int, today: date) -> date | None:
    for year in (today.year, today.year + 1):
        try:
            when = date(year, month, day)
        except ValueError:
            return None
        if when >= today:
            return when
    return None


def _named(said: str, today: date) -> set[date]:
    found: set[date] = set()

    def take(match: re.Match[str]) -> str:
        found.add(_coming(_WEEKDAYS[match[1] or match[2]], today + timedelta(days=1)))
        return " "

    left = _NEXT_DAY.sub(take, _FROM_TO.sub(" ", said))
    for named, days in (
        (_AFTER_TOMORROW, {today + timedelta(days=2)}),
        (_TODAY, {today}),
        (_TOMORROW, {today + timedelta(days=1)}),
        (_AT_WEEKENDS, {_coming(5, today), _coming(6, today)}),
        (_IN_THE_WEEK, set()),
    ):
        without = named.sub(" ", left)
        if without != left:
            found |= days
        left = without
    for word in left.split():
        weekday = _WEEKDAYS.get(word, _WEEKDAYS.get(word.removesuffix("s")))
        if weekday is not None:
            found.add(_coming(weekday, today))
    return found


def _coming(weekday: int, today: date) -> date:
    return today + timedelta(days=(weekday - today.weekday()) % 7)
