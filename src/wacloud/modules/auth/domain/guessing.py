"""How often something may be tried. Counted before the check, so that tries at the same moment do not slip through."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from wacloud.shared.domain.errors import AppError, Unavailable


class TooManyTries(AppError):
    """That was tried too often; wait a while and try again."""

    kind = "limit"


class TriesNotCounted(Unavailable):
    """Signing in is not possible right now; try again in a moment."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in a time that begins with the first of them. It ends by itself."""

    name: str
    most: int
    within: timedelta


# A right password gives its try back: what is counted are wrong ones.
PASSWORDS_OF_ACCOUNT = Limit("password", 10, timedelta(minutes=15))
PASSWORDS_FROM_ADDRESS = Limit("password-from", 30, timedelta(minutes=15))
# Six digits: in a day, one account of a hundred thousand would fall to somebody who tries all of them.
CODES_OF_ACCOUNT = Limit("code", 10, timedelta(hours=24))
# Of a million codes three are good at a time: whoever knows the password and tries day and night needs two years.
FACTORS_OF_ACCOUNT = Limit("factor", 5, timedelta(minutes=5))
FACTORS_OF_ACCOUNT_HOURLY = Limit("factor-hour", 20, timedelta(hours=1))
PASSKEYS_FROM_ADDRESS = Limit("passkey-from", 60, timedelta(minutes=15))
LINKS_FROM_ADDRESS = Limit("link-from", 30, timedelta(minutes=15))
MAILS_TO = Limit("mail-to", 5, timedelta(hours=1))
MAILS_FROM = Limit("mail-from", 20, timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Tries:
    """The tries of one account, or from one network; `address` is whoever tried last from there."""

    limit: Limit
    of: str
    address: str = ""

    @property
    def key(self) -> str:
        """A name that tells nobody whose they are."""
        return f"{self.limit.name}:{hashlib.sha256(self.of.encode('utf-8', 'replace')).hexdigest()[:32]}"


def of_account(limit: Limit, email: str) -> Tries:
    """By the address as it is compared, whether somebody has it or not."""
    return Tries(limit, email)


def from_network(limit: Limit, address: str) -> Tries | None:
    """By the caller's address; of IPv6 by the network one household has. None where there is no address (a command)."""
    if not address:
        return None
    parsed = ip_address(address)
    network = str(int(parsed) >> 64) + "/64" if isinstance(parsed, IPv6Address) else str(parsed)
    return Tries(limit, network, address)


@dataclass(frozen=True, slots=True)
class Refusal:
    """None is left for so long. `is_first`: nobody was refused before in this time, so there is something to tell."""

    wait: timedelta
    is_first: bool
