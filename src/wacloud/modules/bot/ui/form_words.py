"""What was given to a form, as people write it."""

from datetime import date

from babel.dates import format_date

from wacloud.modules.bot.domain.form import FormField, Value
from wacloud.shared.domain.phone import display_phone


def value_in_words(field: FormField, value: Value, language: str) -> str:
    """A value of this field in this language."""
    if field.kind == "date":
        try:
            return str(format_date(date.fromisoformat(str(value)), "EEE d MMM y", locale=language))
        except ValueError:
            return str(value)
    if field.kind == "phone" and str(value).startswith("+"):
        return display_phone(str(value)[1:])
    return str(value)
