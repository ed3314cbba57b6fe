"""What other modules may call."""

from wacloud.modules.notification.application.ports import MailLimits, NotificationDeps
from wacloud.modules.notification.application.queue_mail import queue_mail
from wacloud.modules.notification.application.tell_business import (
    forget_told,
    keep_business_told,
    settle_told,
    tell_business,
)
from wacloud.modules.notification.domain.mail import Mail
from wacloud.modules.notification.domain.notice import Notice
from wacloud.modules.notification.domain.templates import TemplateMisused

__all__ = [
    "Mail",
    "MailLimits",
    "Notice",
    "NotificationDeps",
    "TemplateMisused",
    "forget_told",
    "keep_business_told",
    "queue_mail",
    "settle_told",
    "tell_business",
]
