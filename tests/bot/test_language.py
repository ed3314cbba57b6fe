"""Which language somebody is answered in."""

import pytest

from wacloud.modules.bot.domain.language import language_in, spoken


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("¿A qué hora abrís mañana?", "es"),
        ("Buenas, quería una tarta para el sábado", "es"),
        ("cuanto cuesta el envio", "es"),
        ("Hi, are you open on Sunday?", "en"),
        ("do you have this in red", "en"),
        ("Thank you very much", "en"),
        ("Olá, vocês entregam em Lisboa?", "pt"),
        ("Quanto custa a entrega? Obrigado", "pt"),
        ("bom dia", "pt"),
        ("ok", None),
        ("M", None),
        ("👍", None),
        ("12345678", None),
    ],
)
def test_a_text_is_in(text, language):
    assert language_in([text]) == language


def test_a_contact_keeps_the_language_they_began_with():
    assert spoken("as_customer", ["Hi, are you open on Sunday?"], None, "es") == ("en", "en")
    assert spoken("as_customer", ["ok"], "en", "es") == ("en", "en")
    assert spoken("as_customer", ["Sangría?"], "en", "es") == ("en", "en")


def test_a_longer_text_in_another_language_changes_it():
    assert spoken("as_customer", ["Perdona, ¿podéis hablar en español?"], "en", "es") == ("es", "es")


def test_a_business_may_want_one_language_for_all():
    assert spoken("es", ["Hi, are you open on Sunday?"], None, "es") == ("es", "en")


def test_whose_language_is_not_plain_is_answered_in_that_of_the_business():
    assert spoken("as_customer", ["ok"], None, "en") == ("en", None)
