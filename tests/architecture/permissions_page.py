"""
`docs/permissions.md`, written from the code: which role may what, and what each address asks for.

    python tests/architecture/permissions_page.py      write it anew; a test says when it is out of date
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from described import application
from fastapi.routing import iter_route_contexts

from wacloud.shared.ui.guard import Access, Requires, SignedIn
from wacloud.shared.ui.permissions import FOR_KEYS, ROLES, WHILE_CLOSING, Permission

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"

_HEAD = """\
# Who may what

Written by `python tests/architecture/permissions_page.py` from `ROLES` in `src/wacloud/shared/ui/permissions.py` and
from the application's own description; a test compares the two. Whoever is no member of a business gets the same 404
for it as for one that never existed. While a business waits for its deletion only the permissions marked in the last
column are left (409 for all others). An API key may what it was made for, of what its maker's role may and the column
before that allows; it is nobody signed in. Where a fresh proof is asked for, it is one of the last 15 minutes: of a
second factor by whoever has one, else of the password.

Beyond the table, in `src/wacloud/modules/business/domain/team.py`: nobody gives or takes a role above their own, nobody
changes their own, an owner is made by transfer only, and the last owner stays.

## Roles

"""


def written() -> str:
    """The whole page."""
    names = list(ROLES)
    lines = [f"| permission | {' | '.join(names)} | API key | while closing |", f"|---|{'---|' * (len(names) + 2)}"]
    for permission in Permission:
        allow = [*(ROLES[role] for role in names), FOR_KEYS, WHILE_CLOSING]
        ticks = ["yes" if permission in allowed else "-" for allowed in allow]
        lines.append(f"| `{permission.value}` | {' | '.join(ticks)} |")
    rows = sorted({(path, method, _asks(access), _fresh(access)) for path, method, access in _accesses()})
    body = ["", "## Addresses of the API", "", "| operation | asks for | fresh proof |", "|---|---|---|"]
    body += [f"| `{method} {path}` | {asks} | {fresh} |" for path, method, asks, fresh in rows]
    return _HEAD + "\n".join(lines + body) + "\n"


def operations() -> Iterator[tuple[str, str, str]]:
    """Path, method and what it asks for, of every operation in the API description."""
    for path, method, access in _accesses():
        yield path, method, _asks(access)


def _accesses() -> Iterator[tuple[str, str, Access | None]]:
    for context in iter_route_contexts(list(application().router.routes)):
        route: Any = context.original_route
        dependant = getattr(context, "dependant", None)
        if dependant is None or not getattr(route, "include_in_schema", False):
            continue
        access = next((call for call in _calls(dependant) if isinstance(call, Access)), None)
        for method in sorted(route.methods):
            yield str(context.path), method, access


def _asks(access: Access | None) -> str:
    if isinstance(access, Requires):
        return f"`{access.permission.value}`"
    return "being signed in" if isinstance(access, SignedIn) else "nothing"


def _fresh(access: Access | None) -> str:
    if access is None or not access.fresh:
        return "-"
    return "of a second factor" if isinstance(access, SignedIn) and access.with_password else "yes"


def _calls(dependant: Any) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
