"""A mail in words: subject, text and HTML from the templates in `templates/notification/mails/`."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from babel.dates import format_datetime
from jinja2 import Environment, StrictUndefined, select_autoescape
from jinja2.loaders import FileSystemLoader

from wacloud.modules.notification.domain.mail import Email, StoredMail
from wacloud.modules.notification.domain.templates import TEMPLATES, Kind, one_line
from wacloud.modules.notification.ui.notice_words import LIES_AHEAD, notice_words, told_in_words
from wacloud.shared.ui.i18n import translate_many, translator
from wacloud.shared.ui.static_files import MODULES
from wacloud.shared.ui.times import DEFAULT_ZONE, zone_named

LONGEST_SUBJECT = 150


class JinjaComposer:
    """See `ports.Composer`."""

    def compose(self, mail: StoredMail, values: Mapping[str, str], zone: str | None) -> Email:
        template = TEMPLATES[mail.template]
        given = {name: mail.created_at.isoformat() for name in template.or_now} | dict(values)
        shown = {
            name: _time(value, zone or DEFAULT_ZONE, mail.language) if template.values[name] is Kind.TIME else value
            for name, value in given.items()
        }
        environment = _environment(mail.language)
        html = environment.get_template(f"notification/mails/{mail.template}.html")
        text = environment.get_template(f"notification/mails/{mail.template}.txt")
        known: dict[str, Any] = {"language": mail.language, **shown}
        # The subject stands beside the text, as a block of its own that nothing prints.
        subject = "".join(text.blocks["subject"](text.new_context(known)))
        return Email(
            id=mail.id,
            template=mail.template,
            recipient=mail.recipient,
            subject=one_line(subject)[:LONGEST_SUBJECT],
            html=html.render(known),
            text=re.sub(r"\n{3,}", "\n\n", text.render(known)).strip() + "\n",
        )


@cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(MODULES / "notification" / "ui" / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html",), default_for_string=True, default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        translator(language), lambda one, many, n: translate_many(language, one, many, n), newstyle=True
    )
    made.globals["notice_words"] = lambda notice, name, told: notice_words(
        notice, {"name": name, "told": told}, language
    )
    made.globals["told_in_words"] = lambda notice, told: told_in_words(notice, told, language)
    made.globals["lies_ahead"] = LIES_AHEAD
    return made


def _time(value: str, zone: str, language: str) -> str:
    """With the zone's name: the reader may be somewhere else by now."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    if at.tzinfo is None:
        return value
    there = at.astimezone(zone_named(zone))
    return f"{format_datetime(there, 'd MMM y, HH:mm', locale=language)} ({zone_named(zone).key})"
