"""From where a request came, for limits, sessions and the audit log."""

from dataclasses import dataclass

from wacloud.shared.domain.ids import ApiKeyId


@dataclass(frozen=True, slots=True)
class Caller:
    """
    `address` is an IP address, or empty where there is none (a job, a command).

    `request_id` is the one the answer carries, so that a person can name it. `key_id` and `key_name` are the API key's,
    where it is a program.
    """

    address: str = ""
    user_agent: str = ""
    request_id: str = ""
    key_id: ApiKeyId | None = None
    key_name: str = ""


NOBODY = Caller()
