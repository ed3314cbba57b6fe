"""Which passwords may be chosen. A chosen one is taken exactly as typed: nothing is cut, trimmed or folded."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from wacloud.modules.auth.domain.credential import LONGEST_PASSWORD, SHORTEST_PASSWORD, PasswordLength
from wacloud.shared.domain.errors import AppError

_PRODUCT = ("WhatsApp Cloud Landing", "WhatsApp", "wacloud")
_COMMON = Path(__file__).with_name("common_passwords.txt")
_SHORTEST_NAME = 4


class PasswordTooCommon(AppError):
    """Many people use this password, so it is among the first that are tried. Choose another."""


class PasswordIsAName(AppError):
    """This password is a name that can be guessed: ours, your own, or your business's. Choose another."""


def check_password(password: str, *names: str) -> None:
    """
    `names` are those somebody who knows the person would try: theirs, their address's, their businesses'.

    :raises AppError: it is too short, too long, too common, or one of the names.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordLength
    if password.lower() in common_passwords():
        raise PasswordTooCommon
    if _bare(password) in _bare_names((*_PRODUCT, *names)):
        raise PasswordIsAName


@cache
def common_passwords() -> frozenset[str]:
    """In lower case."""
    lines = _COMMON.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("# "))


def _bare_names(names: Iterable[str]) -> set[str]:
    """An e-mail address counts as a whole and without its host."""
    parts = {part for name in names for part in (name, name.partition("@")[0])}
    return {bare for part in parts if len(bare := _bare(part)) >= _SHORTEST_NAME}


def _bare(text: str) -> str:
    """Letters only, and digits between them: `WaCloud-2026!` is `wacloud`."""
    return "".join(character for character in text.casefold() if character.isalnum()).strip("0123456789")
