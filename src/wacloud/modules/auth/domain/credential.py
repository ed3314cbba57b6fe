"""What somebody proves who they are with."""

from dataclasses import dataclass

from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import UserId

# Long enough for any passphrase; anything longer is refused before it costs a hash.
LONGEST_PASSWORD = 512
SHORTEST_PASSWORD = 8


class PasswordLength(AppError):
    """A password has 8 to 512 characters."""


class InvalidCredentials(AppError):
    """The e-mail address or the password is wrong."""

    kind = "unauthenticated"


class WrongPassword(AppError):
    """This is not your current password."""

    kind = "forbidden"


class SamePassword(AppError):
    """This is your password already; choose another."""


class EmailNotConfirmed(AppError):
    """Confirm your e-mail address first, with the mail we sent you."""

    kind = "forbidden"


class ReauthenticationNeeded(AppError):
    """Type your password, or a code we mail to you, before you change this."""

    kind = "forbidden"


class NotTheSignUp(AppError):
    """This is not the password this account was created with."""

    kind = "forbidden"


@dataclass(frozen=True, slots=True)
class Credential:
    """The stored hash of a person's password; it carries its own parameters and salt."""

    user_id: UserId
    password_hash: str
