"""Random secrets that are given away once; what is stored is their hash, which opens nothing."""

import hashlib
import secrets

CODE_DIGITS = 6


def new_secret() -> str:
    """256 random bits, as text that may stand in an address."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """A fast hash: nobody guesses 256 bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def new_code() -> str:
    """Six digits to type. Guessable, so whoever checks one counts the tries (`guessing.CODES`)."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def code_hash_of(code: str, salt: str) -> bytes:
    """The same code of two people has two hashes."""
    return hash_of(f"{salt}:{code}")
