"""What a member may do, and which role may do it."""

from enum import StrEnum


class Permission(StrEnum):
    """What a member may do; the roles that may are in ROLES. `docs/permissions.md` shows both."""

    BUSINESS_READ = "business.read"
    BUSINESS_UPDATE = "business.update"
    BUSINESS_DELETE = "business.delete"  # and take it back while there is time
    MEMBERS_READ = "members.read"
    MEMBERS_INVITE = "members.invite"
    MEMBERS_CHANGE_ROLE = "members.change_role"
    MEMBERS_REMOVE = "members.remove"
    OWNERSHIP_TRANSFER = "ownership.transfer"
    AUDIT_READ = "audit.read"
    ONBOARDING_WRITE = "onboarding.write"
    KEYS_MANAGE = "keys.manage"
    BILLING_MANAGE = "billing.manage"
    INBOX_READ = "inbox.read"
    INBOX_WRITE = "inbox.write"  # take over, give back, mark as read
    CONTACTS_READ = "contacts.read"
    CONTACTS_WRITE = "contacts.write"  # add, change, tag, merge, block, note consent, import
    CONTACTS_EXPORT = "contacts.export"
    CONTACTS_ERASE = "contacts.erase"
    MESSAGES_SEND = "messages.send"
    LEDGER_READ = "ledger.read"
    COSTS_READ = "costs.read"
    KNOWLEDGE_READ = "knowledge.read"
    KNOWLEDGE_WRITE = "knowledge.write"
    ACTIONS_MANAGE = "actions.manage"  # where the bot may send what customers say
    MODELS_MANAGE = "models.manage"  # the business's own key for a language model
    TEMPLATES_READ = "templates.read"
    TEMPLATES_WRITE = "templates.write"  # send to Meta for review, change, delete
    NUMBERS_READ = "numbers.read"
    NUMBERS_MANAGE = "numbers.manage"  # connect, disconnect, what a number says of the business, its PIN
    WEBHOOKS_REPLAY = "webhooks.replay"
    SIMULATE = "simulate"  # play customers on the phone page; only where that page exists


_ANALYST = frozenset(
    {
        Permission.BUSINESS_READ,
        Permission.MEMBERS_READ,
        Permission.CONTACTS_READ,
        Permission.LEDGER_READ,
        Permission.COSTS_READ,
        Permission.KNOWLEDGE_READ,
        Permission.TEMPLATES_READ,
        Permission.NUMBERS_READ,
    }
)
_AGENT = _ANALYST | {
    Permission.INBOX_READ,
    Permission.INBOX_WRITE,
    Permission.CONTACTS_WRITE,
    Permission.MESSAGES_SEND,
    Permission.SIMULATE,
}
# What costs money or ends the business is its owner's alone.
_OWNERS_ALONE = frozenset(
    {
        Permission.BUSINESS_DELETE,
        Permission.OWNERSHIP_TRANSFER,
        Permission.BILLING_MANAGE,
        Permission.MODELS_MANAGE,
    }
)
ROLES: dict[str, frozenset[Permission]] = {
    "owner": frozenset(Permission),
    "admin": frozenset(Permission) - _OWNERS_ALONE,
    "agent": _AGENT,
    "analyst": _ANALYST,
}
# What is left while a business waits for its deletion: reading, taking the deletion back, stopping what costs.
WHILE_CLOSING = frozenset(
    {
        Permission.BUSINESS_READ,
        Permission.BUSINESS_DELETE,
        Permission.MEMBERS_READ,
        Permission.MEMBERS_REMOVE,
        Permission.AUDIT_READ,
        Permission.BILLING_MANAGE,
        Permission.INBOX_READ,
        Permission.CONTACTS_READ,
        Permission.CONTACTS_EXPORT,
        Permission.LEDGER_READ,
        Permission.KNOWLEDGE_READ,
        Permission.TEMPLATES_READ,
        Permission.NUMBERS_READ,
    }
)
# What an API key can be good for. Never: who belongs to the business, its numbers, its keys, its bills, its end.
FOR_KEYS = frozenset(
    {
        Permission.BUSINESS_READ,
        Permission.BUSINESS_UPDATE,
        Permission.AUDIT_READ,
        Permission.ONBOARDING_WRITE,
        Permission.INBOX_READ,
        Permission.INBOX_WRITE,
        Permission.CONTACTS_READ,
        Permission.CONTACTS_WRITE,
        Permission.MESSAGES_SEND,
        Permission.LEDGER_READ,
        Permission.KNOWLEDGE_READ,
        Permission.KNOWLEDGE_WRITE,
        Permission.TEMPLATES_READ,
        Permission.TEMPLATES_WRITE,
        Permission.NUMBERS_READ,
        Permission.WEBHOOKS_REPLAY,
    }
)
