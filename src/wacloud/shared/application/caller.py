"""From where a request came, for limits, sessions and the audit log."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """
    `address` is an IP address, or empty where there is none (a job, a command).

    `request_id` is the one the answer carries, so that a person can name it.
    """

    address: str = ""
    user_agent: str = ""
    request_id: str = ""


NOBODY = Caller()
