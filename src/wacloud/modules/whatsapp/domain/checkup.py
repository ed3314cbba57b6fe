"""Whether a connected number works: what is looked at, how it is judged, and how it changes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from wacloud.modules.whatsapp.domain.checkup_facts import (
    HealthFault,
    NoAnswer,
    NumberFacts,
    SubscriptionFacts,
    TokenFacts,
    Traffic,
)

State: TypeAlias = Literal["ok", "warning", "broken", "unknown"]

# In the order in which one is the reason of the next.
CHECKS: Final = (
    "token",
    "permissions",
    "subscription",
    "callback",
    "verify_token",
    "number_status",
    "registration",
    "display_name",
    "sending",
    "payment",
    "quality",
    "limits",
    "webhooks",
)
WORST_FIRST: Final[tuple[State, ...]] = ("broken", "warning", "unknown", "ok")
# With one of these broken nothing can be sent: what waits is held until it is mended.
HOLDING: Final = frozenset({"token", "permissions", "number_status", "registration"})
# Seen once it may be a hiccup, at Meta or on the way; seen twice in a row it is told.
HICCUPS: Final = frozenset({"verify_token", "sending", "webhooks"})
LOOK_AGAIN: Final = timedelta(minutes=10)
NEAR: Final = 0.8
SCOPES: Final = ("whatsapp_business_management", "whatsapp_business_messaging")
SOON_OVER: Final = timedelta(days=14)
MAY_SEND: Final = frozenset({"CONNECTED", "FLAGGED"})
GOOD_NAMES: Final = frozenset({"APPROVED", "AVAILABLE_WITHOUT_REVIEW"})
PAYMENT_CODES: Final = frozenset({131042, 131044, 141006})
# What a refused message says about which check. It does not hold the number: only the next message can say it is over.
REFUSALS: Final[Mapping[int, tuple[str, str]]] = {
    131037: ("display_name", "name_refused"),
    131042: ("payment", "payment_refused"),
    131045: ("registration", "certificate_refused"),
    133010: ("registration", "registration_refused"),
}
BY_MESSAGES: Final = frozenset(cause for _, cause in REFUSALS.values())
# So many messages without a single tick are no accident.
SILENT: Final = 3
CALLBACK_PATH: Final = "/api/webhooks/whatsapp"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `cause` is a stable word; `details` fill its sentence."""

    code: str
    state: State
    cause: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeptCheck:
    """A finding as it is kept, with its past."""

    finding: Finding
    seen_at: datetime
    since: datetime
    broken_since: datetime | None = None
    times: int = 0
    told: str | None = None

    @property
    def is_sure(self) -> bool:
        """Whether it is worth telling."""
        return self.finding.state == "broken" and (self.finding.code not in HICCUPS or self.times > 1)


def follow(before: KeptCheck | None, finding: Finding, now: datetime) -> KeptCheck:
    """
    The check as it stands after this finding.

    What could not be asked is neither mended nor broken once more.
    """
    if before is None:
        is_broken = finding.state == "broken"
        return KeptCheck(finding, now, now, now if is_broken else None, int(is_broken))
    since = before.since if before.finding.state == finding.state else now
    after = replace(before, finding=finding, seen_at=now, since=since)
    if finding.state == "unknown":
        return after
    if finding.state == "broken":
        return replace(after, broken_since=before.broken_since or now, times=before.times + 1)
    return replace(after, broken_since=None, times=0)


def not_asked(code: str, why: NoAnswer) -> Finding:
    """A check whose question got no answer."""
    return Finding(code, "unknown", f"not_asked_{why.kind}", _told(code=why.code, told=why.told))


def judge_token(told: TokenFacts | NoAnswer, app_id: str, now: datetime) -> Finding:
    if isinstance(told, NoAnswer):
        if told.kind == "refused" and told.code in (0, 190):
            return Finding("token", "broken", _why_dead(told.subcode), _told(code=told.code))
        return not_asked("token", told)
    if not told.is_valid:
        return Finding("token", "broken", _why_dead(told.subcode), _told(code=told.subcode))
    if told.expires_at is not None and told.expires_at <= now:
        return Finding("token", "broken", "token_expired")
    if app_id and told.app_id and told.app_id != app_id:
        return Finding("token", "broken", "token_of_another_app", {"value": told.app_id})
    if told.expires_at is None:
        return Finding("token", "ok", "token_lasts")
    until = {"until": told.expires_at.isoformat()}
    if told.expires_at - now < SOON_OVER:
        return Finding("token", "warning", "token_ends_soon", until)
    return Finding("token", "ok", "token_good_until", until)


def _why_dead(subcode: int | None) -> str:
    return {463: "token_expired", 458: "token_app_removed", 460: "token_password_changed"}.get(
        subcode or 0, "token_revoked"
    )


def judge_permissions(told: TokenFacts | NoAnswer, waba_id: str) -> Finding:
    if isinstance(told, NoAnswer):
        return not_asked("permissions", told)
    if not told.is_valid:
        return Finding("permissions", "unknown", "needs_token")
    if missing := [scope for scope in SCOPES if scope not in told.scopes]:
        return Finding("permissions", "broken", "scopes_missing", {"value": ", ".join(missing)})
    if any(waba_id not in told.targets[scope] for scope in SCOPES if told.targets.get(scope)):
        return Finding("permissions", "broken", "account_not_granted", {"value": waba_id})
    return Finding("permissions", "ok", "scopes_granted")


def judge_subscription(told: SubscriptionFacts | NoAnswer, app_id: str) -> Finding:
    if isinstance(told, NoAnswer):
        return not_asked("subscription", told)
    if app_id and app_id in told.app_ids:
        return Finding("subscription", "ok", "subscribed")
    if not told.app_ids or app_id:
        return Finding("subscription", "broken", "not_subscribed")
    return Finding("subscription", "unknown", "app_id_unset", {"value": ", ".join(told.app_ids)[:200]})


def judge_callback(
    told: NumberFacts | NoAnswer, subscribed: SubscriptionFacts | NoAnswer, app_id: str, base_url: str
) -> Finding:
    """The narrowest address counts: the number's own, then the account's, then the app's."""
    if isinstance(told, NoAnswer):
        return not_asked("callback", told)
    ours = base_url + CALLBACK_PATH
    by_account = subscribed.overrides.get(app_id) if isinstance(subscribed, SubscriptionFacts) else None
    where = (
        ("override_of_number", told.callbacks.get("phone_number")),
        ("override_of_account", told.callbacks.get("whatsapp_business_account") or by_account),
        ("callback_elsewhere", told.callbacks.get("application")),
    )
    for cause, address in where:
        if address:
            if address.rstrip("/") == ours:
                return Finding("callback", "ok", "callback_ours", {"value": address})
            return Finding("callback", "broken", cause, {"value": address[:200], "wanted": ours})
    return Finding("callback", "unknown", "callback_untold")


def judge_handshake(answered: str | None, status: int | None, wanted: str) -> Finding:
    """Our own endpoint, asked as Meta asks it; `answered` None: it could not be reached."""
    if answered is None:
        # Many a network lets nobody out to itself: Meta may well reach it.
        return Finding("verify_token", "unknown", "endpoint_unreachable")
    if status == 200 and answered == wanted:
        return Finding("verify_token", "ok", "handshake_answered")
    return Finding("verify_token", "broken", "handshake_refused", {"value": str(status)})


def judge_number(told: NumberFacts | NoAnswer) -> list[Finding]:
    """All that the number itself tells."""
    codes = ("number_status", "registration", "display_name", "sending", "payment", "quality", "limits")
    if isinstance(told, NoAnswer):
        findings = [not_asked(code, told) for code in codes]
        if told.kind == "gone":
            findings[0] = Finding("number_status", "broken", "number_gone")
        return findings
    return [
        _status(told),
        _registration(told),
        _display_name(told),
        *_health(told),
        _quality(told),
        _limits(told),
    ]


_STATUSES: Final[Mapping[str, tuple[State, str]]] = {
    "CONNECTED": ("ok", "number_connected"),
    "FLAGGED": ("warning", "number_flagged"),
    "DISCONNECTED": ("broken", "number_disconnected"),
    "PENDING": ("broken", "number_pending"),
    "RESTRICTED": ("broken", "number_restricted"),
    "RATE_LIMITED": ("broken", "number_rate_limited"),
    "BANNED": ("broken", "number_banned"),
    "MIGRATED": ("broken", "number_migrated"),
    "DELETED": ("broken", "number_gone"),
    "UNVERIFIED": ("broken", "number_unverified"),
}


def _status(told: NumberFacts) -> Finding:
    return _looked_up("number_status", told.status, _STATUSES)


def _registration(told: NumberFacts) -> Finding:
    if told.platform is None:
        return Finding("registration", "unknown", "value_missing")
    if told.platform == "CLOUD_API":
        if told.has_pin is False and not told.is_on_phone:
            return Finding("registration", "warning", "no_pin")
        return Finding("registration", "ok", "registered")
    if told.platform in ("NOT_APPLICABLE", "ON_PREMISE"):
        return Finding("registration", "broken", "not_registered", {"value": told.platform})
    return _new_to_us("registration", told.platform)


_NAMES: Final[Mapping[str, tuple[State, str]]] = {
    "APPROVED": ("ok", "name_approved"),
    "AVAILABLE_WITHOUT_REVIEW": ("ok", "name_approved"),
    "PENDING_REVIEW": ("warning", "name_pending"),
    "DECLINED": ("broken", "name_declined"),
    "EXPIRED": ("broken", "name_expired"),
    "NONE": ("warning", "name_none"),
}
_QUALITIES: Final[Mapping[str, tuple[State, str]]] = {
    "GREEN": ("ok", "quality_green"),
    "YELLOW": ("warning", "quality_yellow"),
    "RED": ("broken", "quality_red"),
    "UNKNOWN": ("ok", "quality_none_yet"),
    "NA": ("ok", "quality_none_yet"),
}
_LIMITS: Final[Mapping[str, str]] = {
    "TIER_50": "50",
    "TIER_250": "250",
    "TIER_1K": "1000",
    "TIER_2K": "2000",
    "TIER_10K": "10000",
    "TIER_100K": "100000",
}


def _display_name(told: NumberFacts) -> Finding:
    return _looked_up("display_name", told.name_status, _NAMES)


def _quality(told: NumberFacts) -> Finding:
    return _looked_up("quality", told.quality, _QUALITIES)


def _limits(told: NumberFacts) -> Finding:
    faster = told.throughput == "HIGH"
    speed = {"speed": "1000" if faster else "80"}
    if told.limit is None:
        return Finding("limits", "unknown", "value_missing")
    if told.limit == "TIER_UNLIMITED":
        return Finding("limits", "ok", "limit_none", speed)
    if told.limit not in _LIMITS:
        return _new_to_us("limits", told.limit)
    return Finding("limits", "ok", "limit_of", {"value": _LIMITS[told.limit], **speed})


def _health(told: NumberFacts) -> list[Finding]:
    """What concerns money apart from the rest: it is mended elsewhere, by somebody else."""
    money = [one for one in told.faults if one.code in PAYMENT_CODES]
    others = [one for one in told.faults if one.code not in PAYMENT_CODES]
    if told.health is None:
        return [Finding(code, "unknown", "value_missing") for code in ("sending", "payment")]
    found = [_of_faults("payment", money, "payment_problem") if money else Finding("payment", "ok", "payment_fine")]
    if others:
        found.insert(0, _of_faults("sending", others, "meta_blocks"))
    elif told.health == "AVAILABLE" or money:
        found.insert(0, Finding("sending", "ok", "meta_lets_send"))
    elif told.health in ("LIMITED", "BLOCKED"):
        cause = "meta_blocks_unsaid"
        found.insert(0, Finding("sending", "broken" if told.health == "BLOCKED" else "warning", cause))
    else:
        found.insert(0, _new_to_us("sending", told.health))
    return found


def _of_faults(code: str, faults: list[HealthFault], cause: str) -> Finding:
    worst = next((one for one in faults if one.verdict == "BLOCKED"), faults[0])
    state: State = "broken" if worst.verdict == "BLOCKED" else "warning"
    return Finding(code, state, cause, _told(code=worst.code, told=worst.told, solution=worst.solution))


def with_refusals(findings: Sequence[Finding], refused: Collection[int]) -> list[Finding]:
    """What Meta refused while sending says more than what it tells of the number: there it may still look well."""
    said = {REFUSALS[code][0]: (REFUSALS[code][1], code) for code in sorted(refused) if code in REFUSALS}
    return [
        Finding(one.code, "broken", said[one.code][0], _told(code=said[one.code][1]))
        if one.code in said and one.state != "broken"
        else one
        for one in findings
    ]


def with_people(findings: Sequence[Finding], people: int) -> list[Finding]:
    """How much of the limit is used: near its end it is worth a look."""
    return [_used(one, people) if one.cause == "limit_of" else one for one in findings]


def _used(limit: Finding, people: int) -> Finding:
    details = {**limit.details, "used": str(people)}
    is_near = people >= NEAR * int(limit.details["value"])
    return Finding("limits", "warning", "limit_near", details) if is_near else replace(limit, details=details)


def judge_webhooks(traffic: Traffic) -> Finding:
    heard = {"heard": traffic.heard_at.isoformat()} if traffic.heard_at else {}
    if traffic.sent >= SILENT and traffic.ticked == 0:
        return Finding("webhooks", "broken", "no_statuses", {"value": str(traffic.sent), **heard})
    if traffic.heard_at is None:
        return Finding("webhooks", "warning", "nothing_heard_yet")
    return Finding("webhooks", "ok", "heard_lately", heard)


def _looked_up(code: str, value: str | None, known: Mapping[str, tuple[State, str]]) -> Finding:
    if value is None:
        return Finding(code, "unknown", "value_missing")
    if value not in known:
        return _new_to_us(code, value)
    state, cause = known[value]
    return Finding(code, state, cause)


def _new_to_us(code: str, value: str) -> Finding:
    return Finding(code, "unknown", "value_new", {"value": value[:100]})


def _told(**values: object) -> dict[str, str]:
    return {name: str(value)[:500] for name, value in values.items() if value not in (None, "")}
