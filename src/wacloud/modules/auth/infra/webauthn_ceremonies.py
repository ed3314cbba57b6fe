"""The protocol of passkeys, by py_webauthn."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from wacloud.modules.auth.application.passkey_ports import NewKey
from wacloud.modules.auth.domain.passkey import CHALLENGE, Passkey, PasskeyNotGood, PasskeysNotPossible, Site, site_of
from wacloud.modules.user.api import User

PRODUCT = "WhatsApp Cloud Landing"
_TIMEOUT_MS = int(CHALLENGE.total_seconds() * 1000)

Read = TypeVar("Read")


class PyWebAuthn:
    """See `passkey_ports.WebAuthn`. Site and origin are those of BASE_URL, whatever a request calls this host."""

    def __init__(self, base_url: str) -> None:
        self._site = site_of(base_url)

    def options_to_register(self, user: User, challenge: bytes, known: Sequence[Passkey]) -> str:
        options = generate_registration_options(
            rp_id=self._here().name,
            rp_name=PRODUCT,
            user_id=user.id.bytes,
            user_name=user.email,
            user_display_name=user.name,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=_described(known),
        )
        return options_to_json(options)

    def options_to_prove(self, challenge: bytes, known: Sequence[Passkey]) -> str:
        options = generate_authentication_options(
            rp_id=self._here().name,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            allow_credentials=_described(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options)

    def challenge_in(self, answer: str) -> bytes:
        # Both kinds of answers have it at the same place; the other fields are looked at by whoever verifies.
        def read() -> bytes:
            parse = parse_registration_credential_json if "attestationObject" in answer else _proof
            return parse_client_data_json(parse(answer).response.client_data_json).challenge

        return _or_not_good(read)

    def registered(self, answer: str, challenge: bytes) -> NewKey:
        site = self._here()

        def read() -> NewKey:
            made = verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=site.name,
                expected_origin=site.origin,
                require_user_verification=True,
            )
            return NewKey(made.credential_id, made.credential_public_key, made.sign_count)

        return _or_not_good(read)

    def credential_in(self, answer: str) -> bytes:
        return _or_not_good(lambda: _proof(answer).raw_id)

    def proved(self, answer: str, challenge: bytes, key: Passkey) -> int:
        site = self._here()

        def read() -> int:
            # Whether the count grew is judged where it is stored, in one step.
            proof = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=site.name,
                expected_origin=site.origin,
                credential_public_key=key.public_key,
                credential_current_sign_count=0,
                require_user_verification=True,
            )
            handle = _proof(answer).response.user_handle
            if handle is not None and handle != key.user_id.bytes:
                raise PasskeyNotGood
            return proof.new_sign_count

        return _or_not_good(read)

    def _here(self) -> Site:
        if self._site is None:
            raise PasskeysNotPossible
        return self._site


_proof = parse_authentication_credential_json


def _described(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=key.credential_id) for key in known]


def _or_not_good(read: Callable[[], Read]) -> Read:
    """These are bytes anybody may send; whatever a parser stumbles over, it was no passkey."""
    try:
        return read()
    except Exception as error:
        raise PasskeyNotGood(type(error).__name__) from error
