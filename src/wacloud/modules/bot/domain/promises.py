"""
What a text promises (nothing to pay, less to pay, the money back), says to be done (a booking, an order), or claims to
be.

Each takes a text without accents and capitals, and without comforts ("no te preocupes"): their "no" denies nothing.
"""

import re
from typing import Final

# Not "gluten-free", "free of nuts", "feel free", "are you free on Monday", nor a gift card.
FOR_NOTHING: Final = (
    r"\b(?:gratis|gratuit|sin coste|sin cargo|regalamos|te regal|invita la casa|(?:te|os) invitamos"
    r"|por cuenta de la casa|cortesia|on the house|de graca"
    r"|sem custo|no charge|(?<!tarjeta )(?<!tarjetas )(?<!cheque )(?<!cheques )(?<!ideas )de regalo"
    r"|(?<!-)(?<!feel )free\b(?! of (?!charge)| from| (?:on|at|today|tomorrow|this|next|slots?|tables?|hours?)\b)"
    r"|no (?:te |os |le |se )?(?:cobr(?:o|amos|aremos|an?)\b|cuesta nada)|no (?:se )?pag(?:as|a)\b"
    r"|no (?:tiene|lleva) (?:ningun )?coste"
    r"|(?:envio|transporte|entrega|montaje|instalacion|delivery|shipping)s? (?:(?:esta|va|is|ya) )*inclu)"
)
# What costs nothing, or less than it says: said only where the business says so too, in one of the words of the group.
PROMISES: Final = tuple(
    re.compile(group)
    for group in (
        FOR_NOTHING,
        r"\b(?:mitad de precio|half price|metade do preco)",
        r"\b(?:2 ?x ?1|dos por uno|3 ?x ?2|tres por dos|two for one|dois por um|buy one,? get)",
        (
            r"\b(?:descuento|rebaja|rebajad|discount|desconto|rebajit|promocion|promocao|antes \d|mejor de precio"
            r"|(?:te|os|se) (?:l[oa]s? )?(?:dej|hac|hag|pon)\w+ mas barat"
            r"|(?:oferta|precio|preco) especial|special (?:offer|price))"
        ),
        r"\b(?:el doble|el triple|double) (?:de[l ]|of|the|tu|su|your)",
        r"\b(?:garanti[zasc]|guarantee|(?:te|os|le) (?:prometo|aseguro|aseguramos)|(?:we|i) promise)",
        (
            r"\b(?:te|os|le|lhe|se) (?:devuelv|devolv)|\bdevolvemos\b|\breembols|\brefund|\bmoney back|\breintegr"
            r"|\bdevolucion del (?:dinero|importe)|\babonamos el importe"
        ),
        r"\b(?:abiert|open|abert|abrimos)[oa]?s? (?:las )?24\b|\b24 ?/ ?7\b",
    )
)
_DENIES: Final = re.compile(
    r"\b(?:no|sin|ningun|ninguna|nunca|not|never|isn'?t|don'?t|nao|tampoco)\b[^.,;:!?\n]{0,40}$"
)
_NOT_SO: Final = re.compile(r"\w* (?:no|tampoco) (?:tenemos|hay|hacemos)\b")
_CONFIRMS: Final = re.compile(
    r"\b(?:he|hemos) (?:cancelado|cambiado|hecho) (?:tu|su|vuestra|la) (?:cita|reserva|pedido|mesa)\b"
    r"|\bte he (?:cancelado|cambiado|hecho) (?:la |el )?(?:cita|reserva|pedido)\b"
    r"|\bi(?:'ve| have) booked\b|\b(?:booking|appointment|order|reservation|table) has been (?:made|booked"
    r"|confirmed)\b|"
    r"\b(?:queda(?:is|s|n)?|he|hemos|ya (?:esta|tienes|teneis)|tienes|esta) (?:ya )?"
    r"(?:apuntad|anotad|reservad|registrad|confirmad|agendad)[oa]s?\b"
    r"|\b(?:reserva|cita|pedido|encargo|mesa|plaza) (?:ya )?(?:esta )?(?:confirmad|hech)[oa]"
    r"|\bte lo (?:he )?(?:apunto|apuntado|reservo|reservado|guardado)\b|\bya te (?:apunte|reserve)"
    r"|\b(?:booking|appointment|order|reservation|table) (?:is )?(?:now )?confirmed"
    r"|\byou(?:'re| are) (?:all set|booked)"
    r"|\b(?:reserva|consulta|pedido) confirmad[oa]"
    r"|\b(?:mesa|cita|plaza|hora|sesion) (?:\w+ ){0,3}?(?:ya )?(?:esta |queda )?(?:reservada|confirmada)\b"
    r"|\bconfirmad[oa] (?:la|tu|su) (?:reserva|cita|mesa)|\bte confirmo (?:la|tu|el) (?:reserva|cita|mesa|pedido)"
    r"|\b(?:acabo de|ya) (?:reserv|anot|apunt|cancel|cambi)\w+|\bte guardo (?:la |una )?(?:mesa|plaza|hora)"
    r"|\b(?:reserva|cita|pedido) (?:ha sido |queda )?(?:cancelad|cambiad|movid)[oa]"
    r"|\b(?:cancelo|cambio|muevo) (?:tu|la|su) (?:reserva|cita|pedido)|\bhe (?:movido|avisado)\b"
    r"|\b(?:l[oa]s? (?:he|hemos)) (?:cancelado|cambiado|enviado|reservado|movido)"
    r"|\bte confirmamos (?:la|tu|el)\b|\bos guardamos (?:la |una )?mesa|\bhe tomado nota"
    r"|\bcancelada (?:la|tu|su) (?:reserva|cita)"
    r"|\b(?:tu|su) (?:reserva|mesa|cita) esta (?:lista|hecha)|\bmesa para [^.!?\n]{0,40}, confirmada"
    r"|\b(?:tu|su) (?:pedido|paquete|envio) (?:sale|llega|fue entregado|ha llegado|esta siendo)\b"
    # A free table or the last two pairs: only a colleague or the business's own system knows.
    r"|\b(?:hay|tenemos) (?:\w+ )?(?:mesa|sitio|hueco|hora|cita|plaza)s? "
    r"(?:libre|disponible|el |para (?:hoy|manana|el|ese))"
    r"|\btenemos (?:sitio|hueco)\b|\bnos quedan? (?:\d|un|dos|tres)"
    r"|\b(?:table|booking|appointment) is booked|\bi(?:'ve| have) reserved|\breserva feita|\bja reservei"
    r"|\b(?:tu|su|vuestro|your|seu) (?:pedido|paquete|envio|order|parcel|encomenda) (?:ya )?(?:(?:esta|va|is|ha) )?"
    r"(?:en camino|de camino|enviado|salido|salio|en reparto|on (?:its|the) way|a caminho)"
)
# "Queda confirmada cuando pagas la señal", "si tu reserva está confirmada": it is not said that it is.
_IF_SO: Final = re.compile(
    r"\b(?:si|cuando|una vez|en cuanto|con la|if|once|when|quando|de momento|por ahora|hasta ahora)\b[^.,;:!?\n]{0,40}$"
)
_WHEN: Final = re.compile(r"[^.;!?\n]{0,15}\b(?:cuando|al (?:pagar|recibir)|una vez|si\b|en cuanto|when|once|quando)")
# Whoever is collecting a form says so to go on.
_NOTES: Final = re.compile(
    r"^\W*(?:ya )?(?:anotad|apuntad|agendad|reservad|confirmad)[oa]s?\s*(?:[.,!:;]|$)"
    r"|^\W*(?:hecho|booked|listo|done)[,!]"
    r"|\b(?:os|te|le) esperamos (?:el|hoy|manana|a las|este)\b|^\W*tomo nota"
    r"|\bte (?:l[oa]s? )?(?:apunto|anoto|reservo|agendo)\b(?! si\b| en cuanto| cuando)"
)
_HUMAN: Final = re.compile(
    r"(?<!\bno )\bsoy (?:una? )?(?:persona|human[oa])"
    r"|\bno soy (?:ningun |un |una )?(?:bot|robot|maquina|ia|asistente virtual)"
    r"|\bi(?:'m| am) (?:a )?(?:real |actual )?(?:human|person)\b|\bi(?:'m| am) not (?:a )?(?:bot|robot|machine|ai)"
    r"|(?<!\bno )\bsoy (?:\w+ ?, )?(?:(?:el|la|un|una) )?(?:encargad[oa]|duen[oa]|gerente|dependient[ea]"
    r"|recepcionista|emplead[oa]|propietari[oa]|jef[ea]|camarer[oa]|doctora?|dr\b|dra\b)"
    r"|\b(?:soy|somos) de carne y hueso|\bte (?:habla|atiende|escribe) una persona\b|\btalking to a real person"
    r"|\bno soy (?:una? )?(?:inteligencia artificial|programa)"
    r"|(?<!\bnao )\bsou (?:uma )?(?:pessoa|human[oa])|\bnao sou (?:um )?(?:robo|bot|maquina)"
)
SENTENCE: Final = re.compile(r"[^.!?;\n]*(?:[.!?;\n]+|$)")
_NO: Final = re.compile(r"\W*(?:no|nao|nunca|lo sentimos|lo siento|sorry|de momento no|por ahora no|not)\b")


def promises(group: re.Pattern[str], text: str) -> bool:
    """Whether it says so, rather than that it is not so, or asks and denies it."""
    if not group.search(text):
        return False
    sentences = [match[0] for match in SENTENCE.finditer(text) if match[0]]
    for sentence, following in zip(sentences, [*sentences[1:], ""], strict=True):
        if "?" in sentence and _NO.match(following):
            continue
        if any(
            not _DENIES.search(sentence[: match.start()]) and not _NOT_SO.match(sentence[match.end() :])
            for match in group.finditer(sentence)
        ):
            return True
    return False


def confirms(said: str, known: str, *, collects: bool) -> bool:
    """Whether it says that something is done which nobody did. To ask for it, or to say it is not, is none."""
    patterns = (_CONFIRMS,) if collects else (_CONFIRMS, _NOTES)
    return any(
        match[0] not in known and not _is_open(sentence, match)
        for sentence in (found[0] for found in SENTENCE.finditer(said))
        if "?" not in sentence
        for pattern in patterns
        for match in pattern.finditer(sentence)
    )


def _is_open(sentence: str, match: re.Match[str]) -> bool:
    """Whether it is denied, or said of what may come."""
    before = sentence[: match.start()]
    return bool(_DENIES.search(before) or _IF_SO.search(before) or _WHEN.match(sentence[match.end() :]))


def is_human(said: str) -> bool:
    """Whether it claims to be a person, or no machine."""
    return bool(_HUMAN.search(said))
