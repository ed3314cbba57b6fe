"""
What a program reads when a request could not be done: problem+json (RFC 9457).

`code` is stable and meant for programs; `title` is a sentence in the language of whoever asks; `request_id`
finds the request in the logs.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from starlette.responses import JSONResponse

from wacloud.shared.domain.errors import AppError, Fault, FaultyFields, Kind
from wacloud.shared.ui.bodies import UNREADABLE
from wacloud.shared.ui.i18n import N_, translate

STATUS_OF: Mapping[Kind, int] = {
    "invalid": 422,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "too_large": 413,
    "limit": 429,
    "unavailable": 503,
}

# What the framework answers by itself: unknown path, wrong method, a body that is too big ...
CODE_OF: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The request could not be understood."),
    401: ("not_signed_in", "Sign in to continue."),
    403: ("not_allowed", "You may not do this."),
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "This address does not take that method."),
    406: ("not_acceptable", "This address cannot answer in that form."),
    408: ("request_timeout", "The request took too long to arrive."),
    409: ("conflict", "Something else changed this in the meantime."),
    413: ("too_large", "That is more than is taken here: choose a smaller file, or send less at once."),
    415: ("unsupported_media_type", "This address takes JSON (Content-Type: application/json)."),
    422: ("invalid_request", "Some of what was sent is missing or wrong."),
    429: ("too_many_requests", "Too many requests; try again in a moment."),
    500: ("internal_error", "Something went wrong on our side."),
    503: ("unavailable", "The service cannot do this right now; try again in a moment."),
}

_RESERVED = frozenset({"type", "title", "status", "detail", "code", "request_id", "errors", "retry_after"})
_MOST_FIELDS = 50
_RETRY_AFTER = {503: 5}


# What is wrong with a field, by the validator's code for it; the longest beginning that fits counts.
MESSAGE_OF: Mapping[str, str] = {
    "missing": N_("This is required."),
    "extra_forbidden": N_("This is not known here."),
    "string_too_short": N_("Too short: %(min_length)s characters at least."),
    "string_too_long": N_("Too long: %(max_length)s characters at most."),
    "string_pattern_mismatch": N_("This does not have the form it must have."),
    "string": N_("This must be text."),
    "literal_error": N_("This must be one of: %(expected)s."),
    "enum": N_("This must be one of: %(expected)s."),
    "int": N_("This must be a whole number."),
    "float": N_("This must be a number."),
    "bool": N_("This must be true or false."),
    "uuid": N_("This must be a UUID."),
    "date": N_("This must be a date, or a date and a time."),
    "url": N_("This must be a web address."),
    "list": N_("This must be a list."),
    "dict": N_("This must be an object."),
    "model": N_("This must be an object."),
    "too_short": N_("Too few: %(min_length)s at least."),
    "too_long": N_("Too many: %(max_length)s at most."),
    "greater_than_equal": N_("Too small: %(ge)s at least."),
    "greater_than": N_("Too small: it must be more than %(gt)s."),
    "less_than_equal": N_("Too large: %(le)s at most."),
    "less_than": N_("Too large: it must be less than %(lt)s."),
    "decimal_max_places": N_("Too many decimals: %(decimal_places)s at most."),
    "json_invalid": N_("The body is not JSON from character %(offset)s on."),
}
# The same for rules that a module checks itself, by the rule's name.
RULES: Mapping[str, str] = {
    "text_missing": N_("This is required."),
    "text_too_long": N_("Too long: %(limit)s characters at most."),
    "not_enough": N_("Too few: %(limit)s at least."),
    "too_many": N_("Too many: %(limit)s at most."),
    "too_many_rows": N_("Too many in all its sections together: %(limit)s at most."),
    "too_many_line_breaks": N_("Too many line breaks: %(limit)s at most."),
    "bad_white_space": N_("No line breaks, tabs or more than four spaces in a row here."),
    "variable_not_filled": N_("“%(name)s” in double braces has no value: write it, or take it out."),
    "not_unique": N_("This is there twice."),
    "form_asks_nothing": N_("At least one field has to be required."),
    "exactly_one": N_("Exactly one of the possible values is needed here."),
    "not_allowed": N_("This is not possible here."),
    "out_of_range": N_("Out of range: %(limit)s at most."),
    "out_of_order": N_("Out of order: this must be %(limit)s."),
    "differs": N_("All of them must be of one kind."),
    "mixed_names": N_("Either all values have names or none."),
    "name_part_missing": N_("A first name or a last name is needed as well."),
    "emoji_not_allowed": N_("No emoji here."),
    "not_an_emoji": N_("This must be one emoji."),
    "not_a_cursor": N_("This place in the list cannot be read: begin with its first page."),
    "not_a_link": N_("This must be a public web address."),
    "not_https": N_("This must begin with https://."),
    "not_an_address": N_("This must be a phone number with + and country code, or a user id of WhatsApp."),
    "not_a_name": N_("Small letters, digits and underscores only."),
    "not_a_language": N_("This must be a language code such as es or en_US."),
    "not_a_country": N_("This must be a country code such as IN."),
    "not_sent_yet": N_("WhatsApp does not have this message yet."),
    "too_old": N_("This message is too old: %(limit)s days at most."),
    "not_a_category": N_("This must be MARKETING, UTILITY or AUTHENTICATION."),
    "not_in_code": N_("A code for signing in has its text, how long it is good, and its button, and nothing else."),
    "code_text": N_("WhatsApp writes the text of a code by itself: leave it out."),
    "code_button": N_("A code for signing in has one button, which copies it or fills it in."),
    "app_missing": N_("An app for Android is needed that the code is filled in."),
    "not_a_package": N_("This must be the package name of an app, such as com.example.shop."),
    "not_a_signature": N_("This must be the %(limit)s characters of the app's signature."),
    "terms_not_accepted": N_("A code is filled in without a tap only where you accept WhatsApp's terms for it."),
    "code_differs": N_("The code on the button must be the one in the text."),
    "code_needs_phone": N_("WhatsApp sends codes for signing in to a phone number only, and this person shows none."),
    "part_unknown": N_("A template has a header, an offer, a body, a footer and buttons, or cards, and nothing else."),
    "only_marketing": N_("What sells is for the category MARKETING."),
    "not_beside_offer": N_("Beside an offer that ends there is no footer."),
    "offer_beside_products": N_("An offer that ends does not go with products or the catalogue: take one of the two."),
    "offer_needs_code": N_("An offer that ends needs a code to copy."),
    "offer_needs_link": N_("An offer needs a link."),
    "offer_needs_end": N_("The template counts down to the end of an offer: say when it ends."),
    "code_first": N_("The code to copy is the first button of an offer."),
    "not_milliseconds": N_("This must be a moment in milliseconds since 1970."),
    "moment_over": N_("This is over already."),
    "one_way_to_products": N_("The catalogue, several products or one: a template has one of these buttons."),
    "header_of_catalog": N_("The catalogue brings its own header."),
    "header_of_products": N_("Several products need a header of text."),
    "header_of_product": N_("The button of one product needs the product above the text."),
    "product_needs_button": N_("A product above the text needs the button that shows it."),
    "not_on_product_card": N_("A card of a product has no text: the catalogue fills it."),
    "product_card_button": N_("A card of a product has one button: the one that shows it, or a link."),
    "label_is_metas": N_("WhatsApp writes this label by itself: leave it out."),
    "button_twice": N_("There may be one such button only."),
    "part_not_of_card": N_("A card has a picture or video, a text and buttons, and nothing else."),
    "cards_differ": N_("All cards need the same parts as the first: text or none, and buttons of the same kinds."),
    "not_beside_cards": N_("Beside cards there is the text and nothing else."),
    "picture_or_video": N_("This must be a picture or a video."),
    "file_gone": N_("This file is not here any more: choose it again."),
    "file_too_large": N_("Too large: %(limit)s MB at most."),
    "example_image": N_("This must be a JPEG or a PNG."),
    "example_video": N_("This must be an MP4."),
    "example_document": N_("This must be a PDF."),
    "file_example_missing": N_("An example file is needed, so that it can be reviewed."),
    "formatting_not_allowed": N_("No bold, struck or other formatting here."),
    "too_many_variables_here": N_("Too many variables here: %(limit)s at most."),
    "variable_not_allowed": N_("No variables here."),
    "variable_broken": N_("A variable is written with two braces on each side: {{1}}."),
    "variable_name": N_("A variable has a number, or a name of small letters, digits and underscores."),
    "variables_have_gaps": N_("Variables are numbered from {{1}} on, without gaps."),
    "variables_adjacent": N_("Two variables need words between them."),
    "variable_at_edge": N_("A variable may not be the first or the last of the text: put words around it."),
    "variable_in_link": N_("A link may have one variable, at its end."),
    "example_missing": N_("An example is needed for what is filled in."),
    "example_for_each": N_("Each variable needs an example: %(limit)s in all."),
    "too_many_quick_reply": N_("Too many quick replies: %(limit)s at most."),
    "too_many_url": N_("Too many links: %(limit)s at most."),
    "too_many_phone_number": N_("Too many buttons that call: %(limit)s at most."),
    "too_many_copy_code": N_("Too many coupon codes: %(limit)s at most."),
    "too_many_flow": N_("Too many forms: %(limit)s at most."),
    "replies_apart": N_("Quick replies stand together: before all other buttons, or after them."),
    "required": N_("This is required."),
    "too_long": N_("Too long: %(limit)s characters at most."),
    "too_much": N_("Too large: %(limit)s at most."),
    "too_little": N_("Too small: %(limit)s at least."),
    "length": N_("Each needs 1 to %(limit)s characters."),
    "unknown": N_("This is not one of the possible values."),
    "not_a_number": N_("This must be a number."),
    "too_many_decimals": N_("Too many decimals: %(limit)s at most."),
    "shorter_than_quiet_ms": N_("The longest wait cannot be shorter than the pause."),
    "template_unknown": N_("There is no such template in this language. Read the list from Meta if it is new."),
    "template_paused": N_("Meta has paused this template because of its quality: nothing is sent with it for now."),
    "template_in_review": N_("Meta is still reviewing this template."),
    "template_disabled": N_("Meta has disabled this template. Make a new one."),
    "template_rejected": N_("Meta has rejected this template. Change it first."),
    "template_gone": N_("This template is gone at Meta."),
    "not_in_template": N_("The template has no such part."),
    "header_values": N_("The header of the template needs %(limit)s values."),
    "body_values": N_("The text of the template needs %(limit)s values."),
    "header_needs_image": N_("The header of the template needs a picture, and nothing else."),
    "header_needs_video": N_("The header of the template needs a video, and nothing else."),
    "header_needs_document": N_("The header of the template needs a document, and nothing else."),
    "header_needs_location": N_("The header of the template needs a place, and nothing else."),
    "header_needs_product": N_("The header of the template needs a product, and nothing else."),
    "name_not_in_template": N_("The template has no value of this name."),
    "values_have_no_names": N_("The values of this template go by their place and have no names."),
    "button_not_in_template": N_("The template has no button at this place."),
    "button_takes_no_value": N_("This button of the template takes no value."),
    "button_of_other_kind": N_("This button of the template is of another kind."),
    "button_needs_value": N_("Button %(limit)s of the template, counted from 0, needs its value."),
    "cards_of_template": N_("The template has %(limit)s cards, and each needs its values."),
    "not_a_phone": N_("This must be a phone number with its country code."),
}
NOT_ACCEPTED = N_("This is not accepted.")
NOT_READABLE = N_("The body is not JSON that can be read without doubt: UTF-8, no key twice, no NaN and no Infinity.")
_LIMITS = ("min_length", "max_length", "ge", "gt", "le", "lt", "decimal_places", "expected")


@dataclass(frozen=True, slots=True)
class FieldError:
    """
    One field that is missing or wrong. The value that came is never repeated: it may be a secret.

    `values` are the limits its message names.
    """

    field: str
    code: str
    message: str
    values: Mapping[str, object]
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request was not done."""

    status: int
    code: str
    title: str
    detail: str | None = None
    errors: tuple[FieldError, ...] = ()
    more: Mapping[str, object] = field(default_factory=dict)
    retry_after: int | None = None


def problem_of_app_error(error: AppError) -> Problem:
    """An outcome we expect, as its class tells it."""
    status = STATUS_OF[error.kind]
    retry_after = error.fields.get("retry_after")
    return Problem(
        status=status,
        code=error.code,
        title=error.message,
        # Why exactly somebody was not let in is for the log, not for them.
        detail=error.detail if error.kind != "unauthenticated" else None,
        errors=tuple(map(_fault, error.faults[:_MOST_FIELDS])) if isinstance(error, FaultyFields) else (),
        more={name: value for name, value in error.fields.items() if name not in _RESERVED},
        retry_after=int(retry_after) if isinstance(retry_after, int | float) else (5 if status == 503 else None),
    )


def problem_of_status(status: int) -> Problem:
    """What the framework refuses by itself."""
    code, title = CODE_OF.get(status) or CODE_OF[500 if status >= 500 else 400]
    return Problem(status=status, code=code, title=title)


def problem_of_fields(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """Fields that do not fit, from a validator's list."""
    fields = [_field_error(error) for error in islice(errors, _MOST_FIELDS)]
    code, title = CODE_OF[422]
    return Problem(status=422, code=code, title=title, errors=tuple(fields))


def _fault(fault: Fault) -> FieldError:
    told = {"limit": fault.limit, "name": fault.name}
    values = {name: value for name, value in told.items() if value is not None}
    return FieldError(fault.field, fault.code, RULES.get(fault.code, NOT_ACCEPTED), values)


def refusal_in_words(error: AppError, language: str) -> str:
    """Why it was not done, for whoever filled in one field."""
    faults = error.faults if isinstance(error, FaultyFields) else ()
    return " ".join((translate(language, error.message), *(rule_in_words(fault, language) for fault in faults)))


def rule_in_words(fault: Fault, language: str) -> str:
    """What is wrong with a field, for whoever filled it in."""
    told = _fault(fault)
    return translate(language, told.message, **told.values)


def _field_error(error: Mapping[str, Any]) -> FieldError:
    code = str(error.get("type", "invalid"))
    where, context = tuple(error.get("loc", ())), error.get("ctx") or {}
    if code == "json_invalid":
        # The validator puts the place in the body where a field's name belongs. Our own reader knows none.
        offset = where[-1] if where and isinstance(where[-1], int) else None
        if context.get("error") == UNREADABLE or offset is None:
            return FieldError("body", code, NOT_READABLE, {})
        return FieldError("body", code, MESSAGE_OF[code], {"offset": offset}, offset)
    values = {name: context[name] for name in _LIMITS if name in context}
    if "expected" in values:
        values["expected"] = str(values["expected"]).replace(" or ", ", ")
    kind = max((kind for kind in MESSAGE_OF if code.startswith(kind)), key=len, default=None)
    message = MESSAGE_OF[kind] if kind else NOT_ACCEPTED
    named = set(re.findall(r"%\((\w+)\)", message))
    return FieldError(
        ".".join(str(part) for part in where[1:])[:200] or "body",
        code,
        message if named <= values.keys() else NOT_ACCEPTED,
        {name: values[name] for name in named & values.keys()},
    )


def problem_response(
    problem: Problem, *, translate: Callable[..., str], request_id: str, headers: Mapping[str, str]
) -> JSONResponse:
    """The answer; `translate` puts a sentence into the reader's language and fills in its values."""
    content: dict[str, object] = {
        "type": f"urn:wacloud:problem:{problem.code}",
        "title": translate(problem.title),
        "status": problem.status,
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.detail:
        content["detail"] = problem.detail
    if problem.errors:
        content["errors"] = [
            {"field": error.field, "code": error.code, "message": translate(error.message, **error.values)}
            | ({} if error.offset is None else {"offset": error.offset})
            | ({"limit": error.values["limit"]} if "limit" in error.values else {})
            for error in problem.errors
        ]
    if problem.retry_after is not None:
        content["retry_after"] = problem.retry_after
    content |= {name: _plain(value) for name, value in problem.more.items()}
    return JSONResponse(content, problem.status, headers, media_type="application/problem+json")


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
