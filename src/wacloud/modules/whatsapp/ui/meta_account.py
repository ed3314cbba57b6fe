"""Meta's news about accounts, numbers and templates as our own values. The kinds are those of reference section 1.6."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from wacloud.modules.whatsapp.domain.account_news import (
    ACCESS_REMOVED,
    DELETED,
    DISABLED,
    OFFBOARDED,
    RESTRICTED,
    REVIEW,
    AccountChanged,
    AccountNews,
    Effect,
    NumberChanged,
    NumbersDisconnected,
    NumbersFreed,
    NumbersHeld,
    Restriction,
    TemplateChanged,
    Told,
)
from wacloud.modules.whatsapp.ui.meta_values import Json, future_moment, ident, line, obj, text, whole

_FASTER: Final = 1000
# Template states -> the words for the business.
_TEMPLATE_WORDS: Final[Mapping[str, str]] = {
    "APPROVED": "template_approved",
    "REINSTATED": "template_approved",
    "REJECTED": "template_rejected",
    "PAUSED": "template_paused",
    "DISABLED": "template_disabled",
    "FLAGGED": "template_flagged",
    "PENDING_DELETION": "template_deleted",
    "DELETED": "template_deleted",
}
# A warning is no state: what was approved before still is.
_TEMPLATE_STATES: Final[Mapping[str, str | None]] = {"FLAGGED": None, "REINSTATED": "APPROVED"}
# What stops answers, and what stops only the first word.
_STOPS_ANSWERS: Final = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
_STOPS_BEGINNINGS: Final = frozenset(
    {"RESTRICTED_BIZ_INITIATED_MESSAGING", "RESTRICTED_UTILITY_TEMPLATES", "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES"}
)


def read_account_news(field: str, value: Json) -> AccountNews:
    """Never raises: what we do not know, or cannot read, changes nothing."""
    read = _READ.get(field)
    return read(value) if read else AccountNews(field)


def _template_status(value: Json) -> AccountNews:
    if "new_quality_score" in value:
        # Meta's own example has the wrong field for this.
        return _template_quality(value)
    event = (line(value.get("event")) or "").upper()
    rejection, other = obj(value.get("rejection_info")), obj(value.get("other_info"))
    reason = line(value.get("reason"))
    advice = text(rejection.get("recommendation")) or text(rejection.get("reason")) or text(other.get("description"))
    code = _TEMPLATE_WORDS.get(event)
    if event == "APPROVED" and (line(other.get("title")) or "").upper() == "UNPAUSED":
        code = "template_unpaused"
    change = _template(
        value,
        status=_TEMPLATE_STATES.get(event, event or None),
        category=line(value.get("message_template_category")),
        reason=None if reason in (None, "NONE") else reason,
        advice=advice,
    )
    told = None if code is None else _told(code, name=change.name, told=advice or reason)
    return AccountNews(_subject_of(change), (change,), told)


def _template_quality(value: Json) -> AccountNews:
    quality = (line(value.get("new_quality_score")) or "").upper()
    change = _template(value, quality=quality or None)
    told = _told("template_quality_low", name=change.name) if quality == "RED" else None
    return AccountNews(f"quality of {_subject_of(change)}", (change,), told)


def _template_components(value: Json) -> AccountNews:
    change = _template(value, is_stale=True)
    return AccountNews(f"text of {_subject_of(change)}", (change,))


def _template_category(value: Json) -> AccountNews:
    new, correct = line(value.get("new_category")), line(value.get("correct_category"))
    begins = _time(value.get("category_update_timestamp"))
    if correct is not None:
        # Announced a day ahead; `new_category` is what it is until then.
        change = _template(value, category=new, next_category=correct, next_category_at=begins)
        told = _told("template_category_will_change", name=change.name, told=correct, until=begins)
    else:
        change = _template(value, category=new, next_category="")
        told = _told("template_category_changed", name=change.name, told=new)
    return AccountNews(f"category of {_subject_of(change)}", (change,), told)


def _number_quality(value: Json) -> AccountNews:
    event, shown = (line(value.get("event")) or "").upper(), _shown(value)
    effects: list[Effect] = []
    told = None
    if event == "THROUGHPUT_UPGRADE":
        effects.append(NumberChanged(_digits(shown), per_second=_FASTER))
        told = _told("number_faster", name=shown)
    elif event == "FLAGGED":
        effects.append(NumberChanged(_digits(shown), quality="RED"))
        told = _told("number_quality_low", name=shown)
    elif event == "UNFLAGGED":
        effects.append(NumberChanged(_digits(shown), quality="GREEN"))
        told = _told("number_quality_well", name=shown)
    limit = _limit(value)
    if limit:
        effects.append(AccountChanged(messaging_limit=limit))
    return AccountNews(f"quality of number {_digits(shown)}", effects, told)


def _number_name(value: Json) -> AccountNews:
    decision = (line(value.get("decision")) or "").upper()
    shown, wanted = _shown(value), line(value.get("requested_verified_name"))
    change = NumberChanged(
        _digits(shown), name=wanted if decision == "APPROVED" else None, name_status=decision or None
    )
    code = {"APPROVED": "number_name_approved", "REJECTED": "number_name_declined"}.get(decision)
    told = _told(code, name=wanted, told=line(value.get("rejection_reason"))) if code else None
    return AccountNews(f"name of number {change.digits}", (change,), told)


def _account(value: Json) -> AccountNews:
    event = (line(value.get("event")) or "").upper()
    match event:
        case "ACCOUNT_RESTRICTION":
            return _restriction(value)
        case "ACCOUNT_VIOLATION":
            kind = line(obj(value.get("violation_info")).get("violation_type"))
            return AccountNews("violation", (), _told("account_violation", told=kind))
        case "DISABLED_UPDATE":
            return _ban(value)
        case "ACCOUNT_DELETED":
            return AccountNews("presence", (NumbersDisconnected(DELETED),), _told("account_deleted"))
        case "ACCOUNT_OFFBOARDED":
            return AccountNews("presence", (NumbersHeld(OFFBOARDED),), _told("account_offboarded"))
        case "ACCOUNT_RECONNECTED":
            return AccountNews("presence", (NumbersFreed(OFFBOARDED),), _told("account_reconnected"))
        case "PARTNER_REMOVED" | "PARTNER_APP_UNINSTALLED":
            return AccountNews("presence", (NumbersDisconnected(ACCESS_REMOVED),), _told("account_access_removed"))
        case _:
            return AccountNews(f"account_update.{event.lower()}")


def _restriction(value: Json) -> AccountNews:
    listed = value.get("restriction_info")
    restrictions = [
        Restriction(kind, _time(one.get("expiration")))
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict) and (kind := line(one.get("restriction_type"))) is not None
    ]
    effects: list[Effect] = [AccountChanged(restrictions=restrictions)]
    stops = [one for one in restrictions if one.type == _STOPS_ANSWERS]
    begins = [one for one in restrictions if one.type in _STOPS_BEGINNINGS]
    told = None
    if stops:
        until = max((one.until for one in stops if one.until is not None), default=None)
        effects.append(NumbersHeld(RESTRICTED, until))
        told = _told("account_restricted", until=until)
    else:
        # A list without it lifts it.
        effects.append(NumbersFreed(RESTRICTED))
        if begins:
            until = max((one.until for one in begins if one.until is not None), default=None)
            told = _told("account_may_not_begin", until=until)
    return AccountNews("restriction", effects, told)


def _ban(value: Json) -> AccountNews:
    info = obj(value.get("ban_info"))
    state, day = (line(info.get("waba_ban_state")) or "").upper(), line(info.get("waba_ban_date"))
    match state:
        case "SCHEDULE_FOR_DISABLE":
            return AccountNews("ban", (AccountChanged(ban=state),), _told("account_will_be_disabled", until=day))
        case "DISABLE":
            return AccountNews("ban", (AccountChanged(ban=state), NumbersHeld(DISABLED)), _told("account_disabled"))
        case "REINSTATE":
            return AccountNews("ban", (AccountChanged(ban=""), NumbersFreed(DISABLED)), _told("account_reinstated"))
        case _:
            return AccountNews("ban")


def _review(value: Json) -> AccountNews:
    decision = (line(value.get("decision")) or "").upper()
    match decision:
        case "APPROVED":
            effects: tuple[Effect, ...] = (AccountChanged(review=decision), NumbersFreed(REVIEW))
            return AccountNews("review", effects, _told("account_review_approved"))
        case "REJECTED" | "PENDING":
            effects = (AccountChanged(review=decision), NumbersHeld(REVIEW))
            return AccountNews("review", effects, _told(f"account_review_{decision.lower()}"))
        case _:
            return AccountNews("review", (AccountChanged(review=decision),) if decision else ())


def _alert(value: Json) -> AccountNews:
    info = obj(value.get("alert_info"))
    kind, said = line(info.get("alert_type")) or "", line(info.get("alert_description"))
    if (line(info.get("alert_status")) or "ACTIVE").upper() not in ("ACTIVE", "NONE", ""):
        return AccountNews(f"alert {kind}")
    return AccountNews(f"alert {kind}", (), _told("account_alert", told=said or kind))


def _capability(value: Json) -> AccountNews:
    limit = _limit(value)
    if not limit:
        return AccountNews("limit")
    return AccountNews("limit", (AccountChanged(messaging_limit=limit),), _told("limit_changed", told=_spoken(limit)))


def _security(value: Json) -> AccountNews:
    event, shown = (line(value.get("event")) or "").upper(), _shown(value)
    code = {"PIN_CHANGED": "pin_changed", "PIN_RESET_REQUEST": "pin_reset_asked"}.get(event)
    return AccountNews(f"pin of {_digits(shown)}", (), _told(code, name=shown) if code else None)


def _flow(value: Json) -> AccountNews:
    flow, event = ident(value.get("flow_id")) or "", (line(value.get("event")) or "").upper()
    state = (line(value.get("new_status")) or "").upper()
    is_bad = state in ("THROTTLED", "BLOCKED") or (
        event != "FLOW_STATUS_CHANGE" and (line(value.get("alert_state")) or "ACTIVATED").upper() == "ACTIVATED"
    )
    said = line(value.get("message")) or event
    return AccountNews(f"flow {flow}.{event}", (), _told("flow_trouble", told=said) if is_bad else None)


def _username(value: Json) -> AccountNews:
    shown, name = _shown(value), line(value.get("username"))
    status = (line(value.get("status")) or "").lower()
    now = "" if status == "deleted" else name if status == "approved" else None
    change = NumberChanged(_digits(shown), username=now)
    return AccountNews(f"username of {change.digits}", (change,))


_READ: Final[Mapping[str, Callable[[Json], AccountNews]]] = {
    "message_template_status_update": _template_status,
    "message_template_quality_update": _template_quality,
    "message_template_components_update": _template_components,
    "template_category_update": _template_category,
    "phone_number_quality_update": _number_quality,
    "phone_number_name_update": _number_name,
    "account_update": _account,
    "account_review_update": _review,
    "account_alerts": _alert,
    "business_capability_update": _capability,
    "security": _security,
    "flows": _flow,
    "business_username_updates": _username,
}


def _template(value: Json, **changed: object) -> TemplateChanged:
    number = whole(value.get("message_template_id"))
    return TemplateChanged(
        meta_id=ident(value.get("message_template_id")) or (str(number) if number is not None else None),
        name=line(value.get("message_template_name")) or "",
        # Meta writes both en_US and en-US.
        language=(line(value.get("message_template_language")) or "").replace("-", "_"),
        **changed,  # type: ignore[arg-type]
    )


def _subject_of(change: TemplateChanged) -> str:
    return f"template {change.name}.{change.language}"


def _told(code: str, *, until: datetime | str | None = None, **details: str | None) -> Told:
    known = {name: value for name, value in details.items() if value}
    if until is not None:
        known["until"] = until.isoformat() if isinstance(until, datetime) else until
    return Told(code, known)


def _limit(value: Json) -> str | None:
    """TIER_2K, or a number of people; -1 is no limit. Meta writes all of them."""
    limit = value.get("max_daily_conversations_per_business")
    if limit is None:
        limit = value.get("max_daily_conversation_per_phone")
    number = whole(limit)
    if number is not None:
        return "TIER_UNLIMITED" if number < 0 else str(number)
    return line(limit)


def _spoken(limit: str) -> str:
    """As people say it: 2000, ∞."""
    tier = limit.removeprefix("TIER_").upper()
    if tier == "UNLIMITED":
        return "∞"
    return str(int(tier[:-1]) * 1000) if re.fullmatch(r"\d{1,6}K", tier) else tier


def _shown(value: Json) -> str:
    """The number as people write it: Meta leaves the plus out here."""
    shown = line(value.get("display_phone_number")) or ""
    return f"+{shown}" if shown.isdigit() else shown


def _digits(shown: str) -> str:
    return re.sub(r"\D", "", shown)


def _time(value: object) -> datetime | None:
    told = future_moment(value)
    return datetime.fromisoformat(told).astimezone(UTC) if told else None
