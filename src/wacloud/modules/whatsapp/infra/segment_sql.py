"""A segment's filter as SQL over `app.contacts p`: columns and operators from here, every value a parameter."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from wacloud.modules.whatsapp.domain.conversation import SERVICE_WINDOW
from wacloud.modules.whatsapp.domain.segment import Group, Rule

_WROTE = """exists (select from app.conversations c where c.business_id = p.business_id and c.contact_id = p.id
  and c.last_inbound_at {})"""
_COLUMNS: Final[Mapping[str, str]] = {
    "name": "coalesce(p.name, p.profile_name, p.username)",
    "phone": "p.phone",
    "country": "p.country",
    "created": "p.created_at",
}
_FLAGS: Final[Mapping[str, str]] = {
    "window_open": _WROTE.format("> now() - %(window)s"),
    "opted_in": "p.opted_in_at is not null",
    "opted_out": "p.opted_out_at is not null",
    "marketing_stopped": "p.marketing_stopped_at is not null",
    "blocked": "p.blocked_at is not null",
}
# `@` is the column, `?` the value. What is empty is less than nothing, and contains nothing.
_COMPARED: Final[Mapping[str, str]] = {
    "is": "private.plain(@) = private.plain(?)",
    "is_not": "private.plain(@) is distinct from private.plain(?)",
    "contains": "private.plain(@) like '%%' || private.plain(?) || '%%'",
    "not_contains": "coalesce(private.plain(@), '') not like '%%' || private.plain(?) || '%%'",
    "empty": "coalesce(@, '') = ''",
    "filled": "coalesce(@, '') <> ''",
}
_NUMBERS: Final[Mapping[str, str]] = {
    "is": "@ = ?::numeric",
    "less": "@ < ?::numeric",
    "more": "@ > ?::numeric",
    "empty": "@ is null",
    "filled": "@ is not null",
}
_DATES: Final[Mapping[str, str]] = {
    "before": "@ < ?",
    "after": "@ > ?",
    "empty": "@ is null",
    "filled": "@ is not null",
}
_MOMENTS: Final[Mapping[str, str]] = {
    "within_days": "> now() - ?",
    "not_within_days": "> now() - ?",
    "before": "< ?::date",
    "after": ">= ?::date + 1",
}


class SegmentSql:
    """The condition and its parameters, named apart from those of the statement around it."""

    def __init__(self, group: Group) -> None:
        self.params: dict[str, Any] = {"window": SERVICE_WINDOW}
        self.condition = self._group(group)

    def _group(self, group: Group) -> str:
        parts = [self._group(rule) if isinstance(rule, Group) else self._rule(rule) for rule in group.rules]
        if not parts:
            return "true" if group.match == "all" else "false"
        return "(" + (" and " if group.match == "all" else " or ").join(parts) + ")"

    def _rule(self, rule: Rule) -> str:
        match rule.kind:
            case "tag":
                found = (
                    "exists (select from app.tagged_contacts t where t.business_id = p.business_id"
                    f" and t.tag_id = {self._param(rule.value)} and t.contact_id = p.id)"
                )
                return found if rule.op == "has" else f"not {found}"
            case "moment":
                return self._moment(rule)
            case "yes_no" if rule.field in _FLAGS:
                return f"({_FLAGS[rule.field]})" if rule.op == "yes" else f"not ({_FLAGS[rule.field]})"
            case "yes_no":
                value = f"p.fields -> {self._param(rule.field.removeprefix('field:'))} = 'true'::jsonb"
                return value if rule.op == "yes" else f"({value}) is not true"
        return "(" + self._compared(rule) + ")"

    def _moment(self, rule: Rule) -> str:
        value = timedelta(days=rule.value) if rule.op in ("within_days", "not_within_days") else rule.value
        compared = _MOMENTS[rule.op].replace("?", self._param(value))
        condition = _WROTE.format(compared) if rule.field == "last_inbound" else f"p.created_at {compared}"
        return f"not {condition}" if rule.op == "not_within_days" else condition

    def _compared(self, rule: Rule) -> str:
        column = _COLUMNS.get(rule.field) or f"p.fields ->> {self._param(rule.field.removeprefix('field:'))}"
        value, words = rule.value, _COMPARED
        if rule.field == "phone" and value is not None:
            # Phones are kept as digits, however somebody writes them.
            value = "".join(c for c in value if c.isdigit()) or value
        if rule.kind == "number":
            # Whatever else may have come to stand there, no cast fails.
            key = self._param(rule.field.removeprefix("field:"))
            column = f"(case when jsonb_typeof(p.fields -> {key}) = 'number' then (p.fields ->> {key})::numeric end)"
            words = _NUMBERS
        elif rule.kind == "date":
            column, words = f"({column})", _DATES
            value = value.isoformat() if value is not None else None
        elif rule.op in ("contains", "not_contains"):
            value = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        made = words[rule.op].replace("@", f"({column})")
        return made.replace("?", f"{self._param(value)}::text" if rule.kind != "number" else self._param(value))

    def _param(self, value: Any) -> str:
        name = f"s{len(self.params)}"
        self.params[name] = value
        return f"%({name})s"
