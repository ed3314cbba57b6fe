"""The guests of the demo and what was said with them in the last days. All of it is invented."""

from datetime import timedelta

from wacloud.main.seed_data.script import (
    BotLeftAlone,
    BotSaid,
    Chat,
    GivenBack,
    Guest,
    MemberSaid,
    Reacted,
    Said,
)
from wacloud.main.seed_data.shop import FALLBACK_TEXT


def _s(seconds: int) -> timedelta:
    return timedelta(seconds=seconds)


def _min(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


def _h(hours: float) -> timedelta:
    return timedelta(hours=hours)


PERSON_TEXT = "Claro. Aviso a una persona del equipo para que te atienda por aquí en cuanto pueda."

GUESTS: tuple[Guest, ...] = (
    Guest(key="lucia", profile_name="Lucía Ferrer", wa_id="34600000101", bsuid="ES.6100283749100101"),
    Guest(key="paco", profile_name="Paco", name="Paco (el del quiosco)", wa_id="34600000102"),
    Guest(key="ainhoa", profile_name="Ainhoa Etxeberria", wa_id="34600000103", bsuid="ES.6100283749100103"),
    # Shows a username instead of a phone: there is no number to call.
    Guest(key="nuria", profile_name="Nuria V.", bsuid="ES.6100283749100104", username="nuria.vela"),
    Guest(key="thiago", profile_name="Thiago Almeida", wa_id="551190000017", bsuid="BR.6100283749100105"),
    Guest(key="ximena", profile_name="Ximena Robledo", wa_id="5215500000042", bsuid="MX.6100283749100106"),
    Guest(key="gestoria", profile_name="Gestoría Balboa", name="Gestoría Balboa (Carmen)", wa_id="34600000107"),
    Guest(key="julian", profile_name="Julián Prieto", wa_id="34600000108"),
    Guest(key="oliver", profile_name="Oliver Bennett", wa_id="447700900115", bsuid="GB.6100283749100109"),
    Guest(key="rosa", profile_name="Rosa", name="Rosa, la del 3.º B", wa_id="34600000110"),
    Guest(key="dani", profile_name="Dani 🎸", wa_id="34600000111", bsuid="ES.6100283749100111"),
    Guest(key="colegio", profile_name="AMPA Las Acacias", wa_id="34600000112"),
)

CHATS: tuple[Chat, ...] = (
    Chat(
        guest="gestoria",
        days=6,
        at="09:12",
        lines=(
            Said(_s(0), "Buenos días, necesitaría la factura de los desayunos del mes pasado"),
            BotSaid(_s(3), "faq_match", faq=14, score=0.81),
            Said(
                _min(11),
                "Gestoría Balboa S. L., B00000000, calle del Tinte 4, 28005 Madrid. Fueron 3 entregas",
            ),
            BotSaid(_s(4), "no_match", text=FALLBACK_TEXT, score=0.29, hand_over=True),
            MemberSaid(_min(38), "marta", "¡Hola, Carmen! Ya la tienes en el correo: las tres entregas, 156 €."),
            Said(_min(6), "Perfecto, recibida. Mil gracias, Marta"),
            MemberSaid(_min(2), "marta", "A vosotros 😊 ¿El martes los mismos ocho?"),
            Said(_min(5), "Diez esta vez, que vienen los de Burgos"),
            MemberSaid(_min(1), "marta", "Diez. Apuntado."),
            GivenBack(),
        ),
    ),
    Chat(
        guest="oliver",
        days=5,
        at="18:40",
        lines=(
            Said(_s(0), "Hi! Are you open on Sunday?"),
            BotSaid(_s(4), "faq_match", faq=1, score=0.74),
            Said(_min(1), "gracias!! and can I come with my dog"),
            BotSaid(_s(3), "faq_match", faq=20, score=0.69),
            Reacted(_min(1), "🐶"),
        ),
    ),
    Chat(
        guest="ainhoa",
        days=4,
        at="11:05",
        lines=(
            Said(_s(0), "Hola! Hacéis tartas con dibujos?"),
            BotSaid(_s(3), "faq_match", faq=7, score=0.77),
            Said(
                _min(3),
                "Algo así, para 12 personas y sin frutos secos",
                kind="image",
                content={
                    "media": {
                        "media_id": "990000000000321",
                        "mime_type": "image/jpeg",
                        "size": 184_320,
                        "caption": "Algo así, para 12 personas y sin frutos secos",
                    }
                },
            ),
            BotSaid(_s(4), "no_match", text=FALLBACK_TEXT, score=0.31, hand_over=True),
            MemberSaid(
                _min(17),
                "ivan",
                "¡Hola, Ainhoa! El dinosaurio lo hacemos en papel de azúcar: 39 + 12 €. Va sin frutos secos, "
                "pero en el obrador los hay y no podemos asegurar que no queden trazas. ¿Te vale?",
            ),
            Said(_min(4), "Sí, es por gusto, no es alergia 😅 Para el sábado a las 12?"),
            MemberSaid(_min(2), "ivan", "Perfecto. Con la señal de 15,30 € por Bizum queda confirmada."),
            Said(_min(9), "Hecho!"),
            MemberSaid(_min(3), "ivan", "Recibida. ¡El sábado a las 12 la tienes lista!"),
            Reacted(_min(1), "❤️"),
        ),
    ),
    Chat(
        guest="ximena",
        days=3,
        at="20:22",
        lines=(
            Said(_s(0), "Hola, ¿mandan a domicilio? Estoy en Lavapiés"),
            BotSaid(_s(3), "faq_match", faq=11, score=0.83),
            Said(_s(50), "¿Y aceptan tarjeta?"),
            BotSaid(_s(3), "faq_match", faq=12, score=0.79),
            Said(_s(35), "Órale, muchas gracias"),
            BotSaid(_s(2), "thanks", text="¡De nada! Aquí estamos para lo que necesites."),
        ),
    ),
    Chat(
        guest="julian",
        days=2,
        at="13:48",
        lines=(
            Said(_s(0), "El milhojas que me llevé ayer estaba seco. Quiero hablar con una persona"),
            BotSaid(_s(3), "asked_for_person", text=PERSON_TEXT, hand_over=True),
            MemberSaid(
                _min(21),
                "marta",
                "Julián, soy Marta. Lo siento mucho: pásate y te llevas otro, o te devuelvo el dinero.",
            ),
            Said(_min(12), "Bueno, pues el jueves me paso. Gracias por contestar tan rápido"),
            # He had blocked the number in the meantime; the page says what to do about it.
            MemberSaid(_h(3), "marta", "Te lo guardo a tu nombre. Un abrazo.", outcome="failed"),
        ),
    ),
    Chat(
        guest="thiago",
        days=1,
        at="10:31",
        lines=(
            Said(_s(0), "Oi! Bom dia, vocês fazem café da manhã para empresas?"),
            BotSaid(_s(4), "faq_match", faq=19, score=0.66),
            Said(_min(2), "Perfecto. Seríamos 15 personas el viernes a las 9"),
            BotSaid(_s(4), "no_match", text=FALLBACK_TEXT, score=0.35, hand_over=True),
            MemberSaid(
                _min(26),
                "ivan",
                "¡Hola, Thiago! 15 el viernes a las 9:00, 97,50 €. ¿A qué dirección os lo llevamos?",
            ),
            Said(
                _min(7),
                "Estudio Almeida, Calle del Tinte 9, Madrid",
                kind="location",
                content={
                    "location": {
                        "latitude": 40.40881,
                        "longitude": -3.70942,
                        "name": "Estudio Almeida",
                        "address": "Calle del Tinte 9, Madrid",
                    }
                },
            ),
            MemberSaid(_min(3), "ivan", "Anotado. Llegamos a las 8:50.", outcome="delivered"),
        ),
    ),
    Chat(
        guest="paco",
        ago=_h(5),
        lines=(
            Said(
                _s(0),
                "me guardas 2 barras y una ogaza de centeno",
                edited_to="me guardas 2 barras y una hogaza de centeno",
            ),
            BotSaid(_min(2), "faq_match", faq=16, score=0.72),
            Said(_s(40), "a nombre de paco"),
            BotSaid(_s(4), "no_match", text=FALLBACK_TEXT, score=0.24, hand_over=True),
            MemberSaid(_min(9), "ivan", "Guardado, Paco. Hoy hay de centeno 👍"),
            GivenBack(),
            Said(_min(2), "ok"),
            BotLeftAlone(_s(2)),
        ),
    ),
    # Two ask the same, which no answer covers: they stand together among the questions without an answer.
    Chat(
        guest="dani",
        ago=_h(28),
        lines=(
            Said(_s(0), "¿Hacéis talleres de pan para principiantes?"),
            BotSaid(_s(3), "no_match", text=FALLBACK_TEXT, score=0.33, hand_over=True),
            MemberSaid(_min(44), "ivan", "¡Hola, Dani! El próximo es en enero; te aviso en cuanto haya fecha."),
            GivenBack(),
        ),
    ),
    Chat(
        guest="rosa",
        ago=_h(1.1),
        lines=(
            Said(_s(0), "¿Hacéis algún taller de pan para principiantes?"),
            BotSaid(_s(3), "no_match", text=FALLBACK_TEXT, score=0.34, hand_over=True, outcome="delivered"),
        ),
        unread=1,
    ),
    Chat(
        guest="lucia",
        ago=_h(2.2),
        lines=(
            Said(_s(0), "Holaa"),
            Said(_s(6), "cuánto cuesta la tarta de queso?"),
            BotSaid(_s(4), "faq_match", faq=6, score=0.86),
            Said(_min(1), "Y hay que pagar algo antes?"),
            BotSaid(_s(3), "faq_match", faq=5, score=0.7),
            Said(_min(2), "Vale, pues la quiero para el domingo"),
            Said(_s(9), "A las 11 si puede ser 🙏"),
            BotSaid(_s(4), "no_match", text=FALLBACK_TEXT, score=0.38, hand_over=True, outcome="delivered"),
        ),
        unread=2,
    ),
    Chat(
        guest="nuria",
        ago=_min(24),
        lines=(
            Said(_s(0), "Buenas! Tenéis algo para celíacos?"),
            BotSaid(_s(3), "faq_match", faq=8, score=0.88),
            Said(
                _min(1),
                None,
                kind="audio",
                content={
                    "media": {
                        "media_id": "990000000000654",
                        "mime_type": "audio/ogg; codecs=opus",
                        "size": 20_480,
                        "voice": True,
                    }
                },
            ),
            BotSaid(_s(3), "cannot_read_media", text=FALLBACK_TEXT, hand_over=True, outcome="delivered"),
        ),
        unread=1,
    ),
)
