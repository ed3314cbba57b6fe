"""The Spanish catalogue has every text there is, and nothing else."""

import re

from babel.messages.catalog import Catalog

from wacloud.shared.ui.i18n import best_language, catalogue, translate, translate_many
from wacloud.shared.ui.messages import collect

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def spanish() -> Catalog:
    found = catalogue("es")
    assert found is not None
    return found


def forms(text: object) -> list[str]:
    return list(text) if isinstance(text, (tuple, list)) else [str(text or "")]


def test_every_text_of_templates_and_code_is_in_the_catalogue() -> None:
    known = {message.id for message in spanish() if message.id}
    used = {message.id for message in collect() if message.id}
    assert used - known == set(), "run: python -m wacloud.shared.ui.messages"
    assert known - used == set(), "nobody uses these any more; run: python -m wacloud.shared.ui.messages"


def test_every_text_is_translated_and_none_is_a_guess() -> None:
    assert [message.id for message in spanish() if message.id and not all(forms(message.string))] == []
    assert [message.id for message in spanish() if message.fuzzy and message.id] == []


def test_a_translation_fills_in_what_the_source_fills_in() -> None:
    for message in spanish():
        if not message.id:
            continue
        wanted = set(PLACEHOLDER.findall(forms(message.id)[-1]))
        for form in forms(message.string):
            assert set(PLACEHOLDER.findall(form)) == wanted, message.id


def test_texts_are_told_in_the_language_asked_for() -> None:
    assert translate("es", "Inbox") == "Bandeja"
    assert translate("en", "Inbox") == "Inbox"
    assert translate("es", "Nothing found for “%(search)s”.", search="vela") == "No se ha encontrado nada para «vela»."
    one, many = "%(num)s message is not accounted for", "%(num)s messages are not accounted for"
    assert translate_many("es", one, many, 1) == "Falta 1 mensaje por cuadrar"
    assert translate_many("en", one, many, 3) == "3 messages are not accounted for"


def test_the_first_language_we_speak_is_taken_and_spanish_otherwise() -> None:
    assert best_language(None, "en", "es") == "en"
    assert best_language("fr", "pt-BR") == "es"
    assert best_language("en-GB") == "en"
