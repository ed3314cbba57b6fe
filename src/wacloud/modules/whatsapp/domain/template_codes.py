"""
Message templates with a code for signing in: WhatsApp writes their text, so that they have rules of their own.

The code is copied, filled in by one tap, or by none: the latter two need the app for Android that asked for it, as
Meta's pages on one-tap and zero-tap authentication templates (February 2026) have it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from wacloud.modules.whatsapp.domain.message_template import Component, part
from wacloud.modules.whatsapp.domain.template_text import Findings

CATEGORY: Final = "AUTHENTICATION"
MINUTES: Final = (1, 90)
# What Meta could not deliver within so long it drops, where a code says nothing else.
KEPT: Final = timedelta(minutes=10)
CODE_OVER: Final = "code_expired"
CODE: Final = 15  # characters
LABEL: Final = 25
WAYS: Final = ("COPY_CODE", "ONE_TAP", "ZERO_TAP")
APPS: Final = 5
PACKAGE_NAME: Final = 224
SIGNATURE: Final = 11  # characters, no more and no less
_PACKAGE: Final = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)+", re.ASCII)
_SIGNATURE: Final = re.compile(r"[A-Za-z0-9+/=]{11}")
_PARTS: Final = ("BODY", "FOOTER", "BUTTONS")


def lint_code(found: Findings, parts: Mapping[str, Component]) -> None:
    """No words but the labels of the one button, which brings the code; its minutes within WhatsApp's limits."""
    for kind in parts:
        if kind not in _PARTS:
            found.error(kind.lower(), "not_in_code")
    for kind in ("BODY", "FOOTER"):
        if (one := parts.get(kind)) and (one.get("text") or one.get("example")):
            found.error(f"{kind.lower()}.text", "code_text")
    if "BODY" not in parts:
        found.error("body", "text_missing")
    if "FOOTER" in parts:
        _minutes(found, parts["FOOTER"].get("code_expiration_minutes"))
    buttons = buttons_of(parts.get("BUTTONS", {}))
    if len(buttons) != 1 or way_of(buttons[0]) is None:
        found.error("buttons", "code_button")
        return
    _label(found, "text", buttons[0])
    if way_of(buttons[0]) != "COPY_CODE":
        _label(found, "autofill_text", buttons[0])
        _apps(found, buttons[0].get("supported_apps"))
    if way_of(buttons[0]) == "ZERO_TAP" and buttons[0].get("zero_tap_terms_accepted") is not True:
        found.error("buttons.0.zero_tap_terms_accepted", "terms_not_accepted")


def _label(found: Findings, key: str, button: Mapping[str, Any]) -> None:
    if button.get(key) and "{{" in found.text(f"buttons.0.{key}", button[key], LABEL):
        found.error(f"buttons.0.{key}", "variable_not_allowed")


def _apps(found: Findings, listed: object) -> None:
    field = "buttons.0.supported_apps"
    apps = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    if not apps:
        found.error(field, "app_missing")
    elif len(apps) > APPS:
        found.error(field, "too_many", APPS)
    for place, app in enumerate(apps):
        package = found.text(f"{field}.{place}.package_name", app.get("package_name"), PACKAGE_NAME)
        if package and not _PACKAGE.fullmatch(package):
            found.error(f"{field}.{place}.package_name", "not_a_package")
        if not _SIGNATURE.fullmatch(str(app.get("signature_hash") or "")):
            found.error(f"{field}.{place}.signature_hash", "not_a_signature", SIGNATURE)


def _minutes(found: Findings, minutes: object) -> None:
    if not isinstance(minutes, int) or isinstance(minutes, bool):
        found.error("footer.code_expiration_minutes", "text_missing")
    elif minutes < MINUTES[0]:
        found.error("footer.code_expiration_minutes", "not_enough", MINUTES[0])
    elif minutes > MINUTES[1]:
        found.error("footer.code_expiration_minutes", "out_of_range", MINUTES[1])


def code_components(
    label: str,
    minutes: int | None,
    *,
    warns: bool,
    way: str = "COPY_CODE",
    autofill: str = "",
    apps: Sequence[Mapping[str, str]] = (),
    accepts_terms: bool = False,
) -> list[Component]:
    """As Meta wants them; `warns`: with a sentence that tells people to keep it to themselves."""
    made: list[Component] = [{"type": "BODY", "add_security_recommendation": warns}]
    if minutes is not None:
        made.append({"type": "FOOTER", "code_expiration_minutes": minutes})
    button: dict[str, Any] = {"type": "OTP", "otp_type": way} | ({"text": label} if label else {})
    if way != "COPY_CODE":
        button |= {"autofill_text": autofill} if autofill else {}
        button["supported_apps"] = [dict(app) for app in apps]
    if way == "ZERO_TAP":
        button["zero_tap_terms_accepted"] = accepts_terms
    return [*made, {"type": "BUTTONS", "buttons": [button]}]


def is_code(components: Sequence[Component]) -> bool:
    """Whether its text is WhatsApp's and its button brings a code."""
    buttons = buttons_of(part(components, "BUTTONS"))
    kinds = {str(one.get("type")).upper() for one in components}
    return kinds <= set(_PARTS) and len(buttons) == 1 and way_of(buttons[0]) is not None


def validity_of(minutes: float | None) -> timedelta:
    """How long a code is good; `minutes` as its template tells people."""
    return KEPT if minutes is None else timedelta(minutes=minutes)


def needs_phone(category: str | None, components: Sequence[Component] | None) -> bool:
    """Meta sends the code of such a button to a phone number only, never to a user id (131062)."""
    buttons = buttons_of(part(components, "BUTTONS"))
    return category == CATEGORY and any(way_of(button) or button.get("type") == "COPY_CODE" for button in buttons)


def buttons_of(one: Component) -> list[Mapping[str, Any]]:
    listed = one.get("buttons")
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def way_of(button: Mapping[str, Any]) -> str | None:
    """How it brings its code, as it was asked for or as Meta lists it: a link of its own. None: it brings none."""
    kind = str(button.get("type", "")).upper()
    if kind == "OTP":
        way = str(button.get("otp_type") or "").upper()
    else:
        way = _asked_in(button, "otp_type") if kind == "URL" else ""
    return way if way in WAYS else None


def apps_of(button: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Package and signature of the apps it fills in."""
    listed = button.get("supported_apps")
    apps = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    told = [(str(one.get("package_name") or ""), str(one.get("signature_hash") or "")) for one in apps]
    package = _asked_in(button, "package_name")
    return told or ([(package, _asked_in(button, "signature_hash"))] if package else [])


def _asked_in(button: Mapping[str, Any], name: str) -> str:
    try:
        # A signature may have a plus, which is no space here.
        found = parse_qs(urlsplit(str(button.get("url") or "")).query.replace("+", "%2B")).get(name)
    except ValueError:
        return ""
    return found[0] if found else ""
