"""Words the tests of signing up and recovering share."""

import random
from typing import Any
from uuid import uuid4

PASSWORD = "correcta, caballo, batería 🔋"


def new_address() -> str:
    """One nobody else in this run has."""
    return "10." + ".".join(str(random.randrange(256)) for _ in range(3))


def new_email() -> str:
    return f"p{uuid4().hex[:12]}@example.com"


async def sign_up(house: Any, email: str, password: str = PASSWORD, name: str = "Ana Nueva", **more: Any) -> Any:
    body = {"name": name, "email": email, "password": password, **more}
    return await house.post("/api/auth/register", json=body)


async def log_in(house: Any, email: str, password: str = PASSWORD, **headers: str) -> Any:
    return await house.post("/api/auth/login", json={"email": email, "password": password}, headers=headers)


async def verified(house: Any, email: str, password: str = PASSWORD) -> None:
    """Sign up and open the mailed link."""
    assert (await sign_up(house, email, password)).status == 202
    body = {"token": house.mails.secret(email, "verify_email"), "password": password}
    answer = await house.post("/api/auth/verify-email", json=body)
    assert answer.status == 204, answer.text


async def cookie_of(house: Any, email: str, password: str = PASSWORD) -> str:
    answer = await house.post("/login", data={"email": email, "password": password}, headers={"Origin": house.url})
    assert answer.status == 303, answer.text
    return str(answer.headers["Set-Cookie"].partition(";")[0])


def alike(one: Any, other: Any) -> None:
    """Same status, headers and body, but for what differs between any two answers."""
    varying = {"x-request-id", "date"}
    assert one.status == other.status
    assert {k: v for k, v in one.headers.items() if k.lower() not in varying} == {
        k: v for k, v in other.headers.items() if k.lower() not in varying
    }
    strip = lambda answer: {**answer.json, "request_id": ""} if answer.text else {}  # noqa: E731
    assert strip(one) == strip(other)
