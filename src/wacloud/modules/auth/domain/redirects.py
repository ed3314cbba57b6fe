"""Where a program may be sent on to: a code or tokens in an address must not reach just anybody."""

from collections.abc import Sequence
from urllib.parse import SplitResult, unquote, urlsplit

LONGEST = 1000


def allowed_redirect(wanted: str | None, base_url: str, listed: Sequence[str]) -> str:
    """
    The address if it is ours or under one the operator listed; else empty.

    Listed addresses are compared as browsers read them: scheme, host and port as a whole, the path up to a slash. One
    with a scheme of its own, as telephones have them for programs, is compared as a whole.
    """
    if not wanted or len(wanted) > LONGEST or not wanted.isascii() or any(c in ' \\"<>^`{|}' for c in wanted):
        return ""
    if not wanted.isprintable():
        return ""
    return wanted if any(_is_under(wanted, one) for one in (base_url, *listed)) else ""


def is_web_address(url: str) -> bool:
    """Whether it is one that browsers open by themselves."""
    return urlsplit(url).scheme in ("http", "https")


def _is_under(wanted: str, listed: str) -> bool:
    if not is_web_address(listed):
        return wanted == listed
    try:
        there, allowed = urlsplit(wanted), urlsplit(listed)
        same = _place(there) == _place(allowed)
    except ValueError:
        return False
    # A name before an @ is there to be mistaken for the host; a path that climbs ends somewhere else.
    if not same or "@" in there.netloc or ".." in unquote(there.path):
        return False
    root = allowed.path.rstrip("/")
    return there.path.rstrip("/") == root or there.path.startswith(f"{root}/")


def _place(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or {"http": 80, "https": 443}.get(url.scheme)
