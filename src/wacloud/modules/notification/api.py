"""What other modules may call."""

from wacloud.modules.notification.application.ports import MailLimits, NotificationDeps
from wacloud.modules.notification.application.queue_mail import queue_mail
from wacloud.modules.notification.application.tell_business import keep_business_told, tell_business
from wacloud.modules.notification.domain.mail import Mail
from wacloud.modules.notification.domain.notice import Notice
from wacloud.modules.notification.domain.templates import TemplateMisused

__all__ = [
    "Mail",
    "MailLimits",
    "Notice",
    "NotificationDeps",
    "TemplateMisused",
    "keep_business_told",
    "queue_mail",
    "tell_business",
]
