"""HTML pages: one template environment per language, what every template knows, and the shell's navigation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4
from zlib import crc32

from babel.numbers import format_decimal
from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse

from wacloud.shared.domain.ids import UserId
from wacloud.shared.domain.phone import display_phone
from wacloud.shared.ui import numbers, times
from wacloud.shared.ui.i18n import (
    N_,
    Translate,
    accepted_languages,
    best_language,
    translate,
    translate_many,
    translator,
)
from wacloud.shared.ui.icons import icon
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.static_files import MODULES, static_url

TEMPLATES = Path(__file__).parent / "templates"

LANGUAGE_COOKIE: Final = "lang"
THEME_COOKIE: Final = "theme"
THEMES: Final = ("light", "dark")
A_YEAR: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """
    A place in the navigation, for those who may go there.

    `demo_only` ones are shown where `app.state.demo_pages` is set.
    """

    href: str
    icon: str
    label: str
    permission: Permission
    demo_only: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What the frame of a page shows of somebody who may have no business: then `business_name` is empty."""

    user_id: UserId
    name: str
    business_name: str
    language: str
    time_zone: str | None = None
    has_others: bool = False


NAVIGATION: Final = (
    NavigationItem("/inbox", "inbox", N_("Inbox"), Permission.INBOX_READ),
    NavigationItem("/bot", "robot", N_("Bot"), Permission.KNOWLEDGE_READ),
    NavigationItem("/contacts", "users", N_("Contacts"), Permission.CONTACTS_READ),
    NavigationItem("/ledger", "list-check", N_("Ledger"), Permission.LEDGER_READ),
    NavigationItem("/business", "building-store", N_("Business"), Permission.BUSINESS_READ),
    NavigationItem("/simulator", "device-mobile", N_("Phone"), Permission.SIMULATE, demo_only=True),
)


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is shown to one person. No theme means: as their system is set."""

    language: str
    zone: str = times.DEFAULT_ZONE
    theme: str | None = None


def look_of(request: Request, member: Any = None) -> Look:
    """Language by `?lang=`, the cookie, the person's setting, what the browser asks for; theme by the cookie."""
    language = best_language(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        getattr(member, "language", None) or getattr(request.state, "language", None),
        *accepted_languages(request.headers.get("accept-language", "")),
    )
    theme = request.cookies.get(THEME_COOKIE)
    return Look(
        language,
        getattr(member, "time_zone", None) or times.DEFAULT_ZONE,
        theme if theme in THEMES else None,
    )


def render(request: Request, template: str, status_code: int = 200, **context: Any) -> HTMLResponse:
    """
    A whole page, or a fragment where the template is one.

    Templates know `request`, `member` (None before sign-in), `look`, `now`, `navigation`, the time filters and `icon`.
    """
    member = context.pop("member", None) or getattr(request.state, "member", None)
    look = look_of(request, member)
    demo_pages = bool(getattr(request.app.state, "demo_pages", False))
    html = fragment(
        template,
        look,
        request=request,
        member=member,
        path=request.url.path,
        navigation=_navigation_for(member, demo_pages),
        demo_pages=demo_pages,
        **context,
    )
    # Pages hold people's messages, and the same address answers with a page or a fragment.
    headers = {
        "cache-control": "no-store",
        "vary": "HX-Request, Cookie, Accept-Language",
        "content-language": look.language,
    }
    response = HTMLResponse(html, status_code, headers)
    asked = request.query_params.get("lang")
    if asked == look.language and asked != request.cookies.get(LANGUAGE_COOKIE):
        remember(request, response, LANGUAGE_COOKIE, asked)
    return response


def _navigation_for(member: Any, demo_pages: bool) -> list[NavigationItem]:
    if member is not None and not member.business_name:
        return []
    may: Callable[[Permission], bool] = getattr(member, "may", lambda _: True)
    return [item for item in NAVIGATION if (demo_pages or not item.demo_only) and may(item.permission)]


def fragment(template: str, look: Look, **context: Any) -> str:
    """A piece of HTML for a look, without a request: what a live update pushes."""
    now = context.pop("now", None) or datetime.now(UTC)
    found = environment(look.language).get_template(template)
    return found.render(look=look, zone=look.zone, language=look.language, now=now, **context)


def wants_fragment(request: Request) -> bool:
    """Whether a part of a page is asked for, by a page that is already open."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


def remember(request: Request, response: HTMLResponse | Any, name: str, value: str) -> None:
    """Keep a choice of looks for a year; the page's own script may change it too."""
    response.set_cookie(
        name, value, max_age=A_YEAR, path="/", samesite="lax", secure=request.url.scheme == "https", httponly=False
    )


@cache
def environment(language: str) -> Environment:
    """The templates of all modules in one language. Everything put into them is escaped."""
    folders = [TEMPLATES, *sorted(MODULES.glob("*/ui/templates"))]
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        translator(language), _plural(language), newstyle=True
    )
    made.globals["_"] = _in_words(translator(language))
    made.globals.update(icon=icon, static=static_url, new_key=lambda: uuid4().hex, N_=N_)
    made.filters.update(
        clock=_at_zone(times.clock_time),
        day=_at_zone_now(times.day_name),
        list_time=_at_zone_now(times.list_time),
        date_time=_at_zone_now(times.date_time),
        full_time=pass_context(lambda context, at: times.full_time(at, context["zone"], language)),
        ago=pass_context(lambda context, at: times.ago(at, context["now"], language)),
        time_left=pass_context(lambda context, until: times.time_left(until, context["now"])),
        sortable=times.sortable,
        phone=display_phone,
        number=lambda value, digits=1: format_decimal(value, "#,##0." + "#" * digits, locale=language),
        dollars=lambda value: numbers.dollars(value, language),
        share=lambda value: numbers.share(value, language),
        seconds=lambda ms: numbers.seconds(ms, language),
        say=lambda message, **values: translate(language, message, **values),
        sentence=sentence,
        initials=initials,
        hue=hue,
    )
    return made


def initials(name: str) -> str:
    """Two letters for a picture that is missing."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    letters = [word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)]
    return "".join(letters).upper() or "?"


def hue(name: object) -> int:
    """One of eight colours, always the same for the same name or id, and evenly spread over names that are alike."""
    return crc32(str(name).encode()) % 8


def sentence(words: str) -> str:
    """What stands in the middle of a line elsewhere, standing on its own."""
    told = words[:1].upper() + words[1:]
    return told if told.endswith((".", "!", "?", "…")) else f"{told}."


def _in_words(say: Translate) -> Callable[..., Markup]:
    """What the engine's own `_` does, but a text without values is looked up and formatted once, not in each place."""

    @lru_cache(4096)
    def whole(text: str) -> Markup:
        return Markup(say(text)) % {}  # noqa: S704 - the engine does so, too: texts of ours

    @lru_cache(4096)
    def to_fill(text: str) -> Markup:
        return Markup(say(text))  # noqa: S704

    return lambda text, /, **values: to_fill(text) % values if values else whole(text)


def _plural(language: str) -> Callable[..., str]:
    # The template engine fills the values in itself, so the form is returned with its %(num)s still open.
    def ngettext(one: str, many: str, count: int) -> str:
        return (
            translate_many(language, one, many, count, num="%(num)s")
            if "%(num)s" in one + many
            else (translate_many(language, one, many, count))
        )

    return ngettext


def _at_zone(tell: Callable[[datetime, str], str]) -> Callable[[Context, datetime], str]:
    return pass_context(lambda context, at: tell(at, context["zone"]))


def _at_zone_now(
    tell: Callable[[datetime, datetime, str, str], str],
) -> Callable[[Context, datetime], str]:
    return pass_context(lambda context, at: tell(at, context["now"], context["zone"], context["language"]))


def render_error(request: Request, status: int, title: str, message: str, request_id: str) -> HTMLResponse:
    """The page for a request that failed; title and message come translated."""
    back = _came_from(request)
    return render(
        request, "error.html", status, status=status, title=title, message=message, request_id=request_id, back=back
    )


def _came_from(request: Request) -> str | None:
    """The page of ours that led here, if any."""
    came = urlsplit(request.headers.get("referer", ""))
    if came.netloc != request.headers.get("host") or came.path == request.url.path or not came.path.startswith("/"):
        return None
    return came.path if not came.path.startswith("//") else None
