"""Codes of authenticator apps, by PyOTP."""

import hmac
from datetime import datetime

import pyotp

from wacloud.modules.auth.domain.factor import STEP_S, STEPS_BESIDE

ISSUER = "WhatsApp Cloud Landing"


class PyOtp:
    """See `ports.Totp`. Six digits, SHA-1 and half a minute: what every app can do."""

    def new_secret(self) -> str:
        return pyotp.random_base32()

    def uri(self, secret: str, account: str) -> str:
        return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=account, issuer_name=ISSUER)

    def step_of(self, secret: str, code: str, now: datetime) -> int | None:
        if not (len(code) == 6 and code.isascii() and code.isdigit()):
            return None
        codes, current = pyotp.TOTP(secret, interval=STEP_S), int(now.timestamp()) // STEP_S
        fitting = [
            step
            for step in range(current - STEPS_BESIDE, current + STEPS_BESIDE + 1)
            if hmac.compare_digest(codes.generate_otp(step), code)
        ]
        return fitting[-1] if fitting else None
