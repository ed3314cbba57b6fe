"""Half of a mail set-up is refused at start; none at all is possible."""

import pytest

from wacloud.main.settings import AppEnv, BadSettings, Settings

FROM = "Nube <no-reply@mail.example.com>"


def problems(**given: object) -> str:
    settings = Settings(
        _env_file=None,
        **{
            "app_env": AppEnv.PRODUCTION,
            "base_url": "https://app.example.com",
            "database_url": "postgresql://x",
            "redis_url": "redis://x",
            "secret_keys": ["k" * 40],
            "meta_app_secret": ["m" * 32],
            "meta_verify_token": "v" * 20,
            **given,
        },
    )
    try:
        settings.check()
    except BadSettings as refusal:
        return str(refusal)
    return ""


def test_without_mail_the_rest_may_run() -> None:
    assert problems() == ""


@pytest.mark.parametrize(
    "given",
    [
        {"resend_api_key": "re_x", "mail_from": FROM, "resend_webhook_secret": "whsec_c2VjcmV0"},
        {"smtp_url": "smtps://u:p@mail.example.com", "mail_from": FROM, "mail_reply_to": "help@example.com"},
        {"smtp_url": "smtp://localhost:1025?security=none", "mail_from": FROM, "app_env": AppEnv.DEVELOPMENT},
    ],
    ids=str,
)
def test_a_whole_set_up_is_taken(given: dict[str, object]) -> None:
    assert problems(**given) == ""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"resend_api_key": "re_x"}, "MAIL_FROM is not set"),
        ({"smtp_url": "smtps://mail.example.com"}, "MAIL_FROM is not set"),
        ({"resend_api_key": "re_x", "smtp_url": "smtps://m.example.com", "mail_from": FROM}, "both set"),
        ({"resend_api_key": "re_x", "mail_from": "nobody"}, "MAIL_FROM: it is one address"),
        ({"mail_from": "a@b.test, c@d.test"}, "MAIL_FROM"),
        ({"smtp_url": "mail.example.com:25", "mail_from": FROM}, "SMTP_URL is smtps://"),
        ({"smtp_url": "smtp://localhost?security=none", "mail_from": FROM}, "in clear"),
        ({"resend_webhook_secret": "whsec_!"}, "RESEND_WEBHOOK_SECRET"),
        (
            {"resend_api_key": "re_x", "mail_from": FROM, "resend_api_url": "http://127.0.0.1:9"},
            "RESEND_API_URL points to a twin",
        ),
    ],
    ids=str,
)
def test_half_a_set_up_is_told_without_its_secrets(given: dict[str, object], told: str) -> None:
    found = problems(**given)
    assert told in found
    assert "re_x" not in found
