"""Refusals in Meta's shape: the code decides, the texts explain."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass
from typing import Any


def trace_id() -> str:
    return "A" + base64.urlsafe_b64encode(random.randbytes(16)).decode("ascii").rstrip("=")


@dataclass(frozen=True, slots=True)
class Code:
    title: str
    status: int = 400


# Titles are Meta's names of the codes; the HTTP statuses are those it once printed.
CODES: dict[int, Code] = {
    0: Code("AuthException", 401),
    1: Code("API Unknown"),
    2: Code("API Service", 503),
    3: Code("API Method", 500),
    4: Code("API Too Many Calls"),
    10: Code("Permission Denied", 403),
    33: Code("Parameter value is not valid"),
    100: Code("Invalid parameter"),
    190: Code("Access token has expired", 401),
    200: Code("API Permission", 403),
    368: Code("Temporarily blocked for policies violations", 403),
    2500: Code("Unknown path components"),
    80007: Code("Rate limit issues"),
    130403: Code("Business blocked this user"),
    130429: Code("Rate limit hit"),
    130472: Code("User's number is part of an experiment"),
    130497: Code("Business account is restricted from messaging users in this country", 403),
    131000: Code("Something went wrong", 500),
    131005: Code("Access denied", 403),
    131008: Code("Required parameter is missing"),
    131009: Code("Parameter value is not valid"),
    131016: Code("Service unavailable", 500),
    131021: Code("Recipient cannot be sender"),
    131026: Code("Message undeliverable"),
    131030: Code("Recipient phone number not in allowed list"),
    131031: Code("Account has been locked", 403),
    131037: Code("Display name approval needed"),
    131041: Code("Group unknown"),
    131042: Code("Business eligibility payment issue"),
    131045: Code("Incorrect certificate", 500),
    131047: Code("Re-engagement message"),
    131048: Code("Spam rate limit hit"),
    131049: Code("Meta chose not to deliver"),
    131050: Code("User has stopped marketing messages"),
    131051: Code("Unsupported message type"),
    131052: Code("Media download error"),
    131053: Code("Media upload error"),
    131055: Code("Method not allowed"),
    131056: Code("(Business Account, Consumer Account) pair rate limit hit"),
    131057: Code("Account in maintenance mode", 500),
    131062: Code("Business-scoped user id not accepted for this message"),
    132000: Code("Template Param Count Mismatch"),
    132001: Code("Template does not exist", 404),
    132005: Code("Template Hydrated Text Too Long"),
    132007: Code("Template Format Character Policy Violated"),
    132012: Code("Template Parameter Format Mismatch"),
    132015: Code("Template is Paused"),
    132016: Code("Template is Disabled"),
    132018: Code("Template parameters are not valid"),
    133004: Code("Server Temporarily Unavailable", 503),
    133005: Code("Two step verification PIN Mismatch"),
    133006: Code("Phone number re-verification needed"),
    133008: Code("Too many two step verification PIN guesses"),
    133009: Code("Two step verification PIN guessed too fast"),
    133010: Code("Phone number not registered"),
    133015: Code("Please wait a few minutes before attempting to register this phone number"),
    133016: Code("Account register deregister rate limit exceeded"),
    135000: Code("Generic user error"),
    137000: Code("Recipient identity key hash mismatch"),
    139100: Code("Failed to block/unblock some users"),
    139101: Code("Failed to block/unblock users"),
    139102: Code("Blocklist concurrent update"),
    139103: Code("Block/unblock user internal error"),
}


class GraphRefusal(Exception):
    """
    Graph says no. `details` goes into error_data; `message` replaces the one made of code and title.

    `user` is what a person is to read: a title and a sentence, as template calls have it.
    """

    def __init__(
        self,
        code: int,
        details: str | None = None,
        *,
        message: str | None = None,
        subcode: int | None = None,
        status: int | None = None,
        kind: str = "OAuthException",
        user: tuple[str, str] | None = None,
    ) -> None:
        known = CODES.get(code, Code("Unknown error"))
        self.code = code
        self.details = details
        self.subcode = subcode
        self.status = status or known.status
        self.kind = kind
        self.user = user
        self.message = message or f"(#{code}) {known.title}"
        super().__init__(f"{self.message}: {details}")

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.user is not None:
            error["is_transient"] = False
            error["error_user_title"], error["error_user_msg"] = self.user
        error["fbtrace_id"] = trace_id()
        return {"error": error}


def object_unknown(object_id: str) -> GraphRefusal:
    """Meta does not say whether the object is missing or merely not visible to this token."""
    return GraphRefusal(
        100,
        message=f"Unsupported request. Object with ID '{object_id}' does not exist, is not visible to this "
        "token, or does not support this operation.",
        subcode=33,
        kind="GraphMethodException",
    )


def missing(name: str) -> GraphRefusal:
    return GraphRefusal(131008, f"The parameter {name} is required.")


def invalid(details: str) -> GraphRefusal:
    return GraphRefusal(131009, details)


def too_long(name: str, most: int) -> GraphRefusal:
    return GraphRefusal(100, f"Param {name} must be at most {most} characters long.")


def as_status_error(code: int, details: str | None = None) -> dict[str, Any]:
    """One element of statuses[].errors."""
    title = CODES.get(code, Code("Unknown error")).title
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details or f"The message was not delivered: {title}."},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }
