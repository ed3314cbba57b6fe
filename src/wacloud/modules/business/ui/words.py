"""What pages call the things of this module."""

from typing import Final

from wacloud.shared.ui.i18n import N_

ROLES: Final = {
    "owner": N_("Owner"),
    "admin": N_("Admin"),
    "agent": N_("Agent"),
    "analyst": N_("Analyst"),
}
ROLE_TEXTS: Final = {
    "admin": N_("Everything but billing, handing the business over and deleting it"),
    "agent": N_("Reads and answers conversations"),
    "analyst": N_("Sees figures, no conversations"),
}
SECTORS: Final = {
    "retail": N_("Shop"),
    "healthcare": N_("Health"),
    "restaurant": N_("Restaurant or café"),
    "other": N_("Other"),
}
COUNTRIES: Final = {
    "ES": N_("Spain"),
    "MX": N_("Mexico"),
    "AR": N_("Argentina"),
    "CO": N_("Colombia"),
    "CL": N_("Chile"),
    "PE": N_("Peru"),
}
DAYS: Final = {
    "mon": N_("Monday"),
    "tue": N_("Tuesday"),
    "wed": N_("Wednesday"),
    "thu": N_("Thursday"),
    "fri": N_("Friday"),
    "sat": N_("Saturday"),
    "sun": N_("Sunday"),
}
INVITATION_STATES: Final = {
    "open": N_("invited"),
    "accepted": N_("accepted"),
    "revoked": N_("taken back"),
    "expired": N_("expired"),
}
# Where the people are whom we serve first; any other zone stays if it was chosen through the API.
ZONES: Final = (
    "Europe/Madrid",
    "Atlantic/Canary",
    "America/Mexico_City",
    "America/Cancun",
    "America/Monterrey",
    "America/Hermosillo",
    "America/Tijuana",
    "America/Argentina/Buenos_Aires",
    "America/Argentina/Cordoba",
    "America/Bogota",
    "America/Santiago",
    "America/Punta_Arenas",
    "America/Lima",
    "America/Guayaquil",
    "America/Montevideo",
    "America/Caracas",
    "America/New_York",
    "Europe/London",
    "Europe/Lisbon",
    "UTC",
)
# What the audit log tells, by its action; what is not here is shown by its code.
ACTIONS: Final = {
    "business.created": N_("opened the business"),
    "business.updated": N_("changed what the business says of itself"),
    "business.hours_changed": N_("changed the opening hours"),
    "business.role_changed": N_("changed a role"),
    "business.member_removed": N_("removed a member"),
    "business.member_left": N_("left the business"),
    "whatsapp.conversation_closed": N_("closed a conversation"),
    "whatsapp.conversation_assigned": N_("assigned a conversation"),
    "business.ownership_transferred": N_("handed the business over"),
    "business.invitation_made": N_("invited somebody"),
    "business.invitation_revoked": N_("took an invitation back"),
    "business.invitation_accepted": N_("joined by an invitation"),
    "business.second_factor_demanded": N_("changed whether members need a second factor"),
    "business.deletion_asked": N_("asked for the deletion of the business"),
    "business.deletion_cancelled": N_("cancelled the deletion of the business"),
    "business.onboarding_moved": N_("moved a step of the onboarding"),
    "bot.key_set": N_("gave the assistant a key of your own for the language model"),
    "bot.action_added": N_("gave the bot an action"),
    "bot.action_changed": N_("changed an action of the bot"),
    "bot.action_removed": N_("removed an action of the bot"),
    "bot.action_secret_renewed": N_("renewed the secret of an action of the bot"),
    "bot.knowledge_added": N_("taught the bot a question"),
    "bot.knowledge_changed": N_("changed a question the bot was taught"),
    "bot.knowledge_removed": N_("removed a question the bot was taught"),
    "bot.source_added": N_("added a source to what the bot reads"),
    "bot.source_changed": N_("changed a source of what the bot reads"),
    "bot.source_removed": N_("removed a source of what the bot reads"),
    "bot.source_read_again": N_("had a source read again"),
    "bot.product_added": N_("added a product"),
    "bot.product_changed": N_("changed a product"),
    "bot.product_removed": N_("removed a product"),
    "bot.golden_added": N_("added golden questions"),
    "bot.golden_changed": N_("changed a golden question"),
    "bot.golden_removed": N_("removed a golden question"),
    "bot.form_added": N_("gave the bot a form"),
    "bot.form_changed": N_("changed a form of the bot"),
    "bot.form_removed": N_("removed a form of the bot"),
    "bot.entries_exported": N_("exported the entries of a form"),
    "bot.action_tried": N_("tried an action of the bot"),
    "bot.key_removed": N_("removed your own key for the language model"),
    "bot.template_applied": N_("took the template of a sector"),
    "bot.published": N_("published the bot"),
    "bot.version_restored": N_("went back to an earlier version of the bot"),
    "bot.draft_discarded": N_("discarded the draft of the bot"),
    "bot.turned_on": N_("turned the bot on"),
    "bot.turned_off": N_("turned the bot off"),
    "auth.api_key_created": N_("made an API key"),
    "auth.api_key_changed": N_("changed an API key"),
    "auth.api_key_revoked": N_("revoked an API key"),
    "auth.api_key_used_from": N_("API key used from a new address"),
    "auth.signed_in": N_("signed in"),
    "auth.signed_out": N_("signed out"),
    "whatsapp.connection_begun": N_("began to connect a number"),
    "whatsapp.connection_abandoned": N_("left connecting a number"),
    "whatsapp.number_connected": N_("connected a number"),
    "whatsapp.number_disconnected": N_("disconnected a number"),
    "whatsapp.number_pin_shown": N_("looked at the PIN of a number"),
    "whatsapp.number_photo_changed": N_("changed the photo of a number"),
    "whatsapp.number_profile_changed": N_("changed what a number says of the business"),
    "whatsapp.contact_added": N_("added a contact"),
    "whatsapp.contact_blocked": N_("blocked a contact"),
    "whatsapp.contact_unblocked": N_("unblocked a contact"),
    "whatsapp.contact_erasure_begun": N_("asked for a contact to be erased"),
    "whatsapp.contact_erased": N_("erased a contact"),
    "whatsapp.contact_exported": N_("exported the data of a contact"),
    "whatsapp.conversation_exported": N_("exported a conversation"),
    "whatsapp.contact_field_removed": N_("removed a field of contacts"),
    "whatsapp.contacts_exported": N_("exported contacts"),
    "whatsapp.contacts_imported": N_("imported contacts"),
    "whatsapp.contacts_merged": N_("merged two contacts"),
    "whatsapp.consent_noted": N_("noted what a contact allows"),
    "whatsapp.consent_words_changed": N_("changed the words people opt out with"),
}
# Each step: its name, what it is good for, where it is done, the words of the button.
STEPS: Final = {
    "account": (N_("Your account"), N_("Confirm your e-mail address by the link we sent you."), "", ""),
    "business": (N_("Your business"), N_("Say who you are, where, and when you are open."), "/business", N_("Open")),
    "whatsapp": (
        N_("Your WhatsApp number"),
        N_("Connect the number your customers write to."),
        "/numbers",
        N_("Connect a number"),
    ),
    "bot": (
        N_("Your bot"),
        N_("Give it the questions your customers ask. A template of your sector gets you started."),
        "/onboarding/answers",
        N_("Fill in answers"),
    ),
    "plan": (N_("Your plan"), N_("Choose a plan that fits what you send."), "", ""),
    "first_message": (
        N_("Your first message"),
        N_("Answer a customer; this is done as soon as it has been delivered."),
        "/inbox",
        N_("To the inbox"),
    ),
}
STEP_STATES: Final = {"pending": N_("to do"), "done": N_("done"), "skipped": N_("skipped")}

# What the audit log tells beside an action; keys that end in _id are for programs.
DETAILS: Final = {
    "role": N_("role"),
    "email": N_("e-mail"),
    "from": N_("from"),
    "to": N_("to"),
    "fields": N_("fields"),
    "sector": N_("sector"),
    "questions": N_("questions"),
    "question": N_("question"),
    "title": N_("title"),
    "name": N_("name"),
    "kind": N_("kind"),
    "hours": N_("hours"),
    "step": N_("step"),
    "state": N_("state"),
    "erase_at": N_("on"),
    "demanded": N_("demanded"),
    "api_key": N_("API key"),
    "by_key": N_("by the API key"),
    "scopes": N_("may"),
    "version": N_("version"),
    "restored_from": N_("from version"),
}
_SOURCES: Final = {"text": N_("text"), "page": N_("web page"), "file": N_("file"), "product": N_("products")}
_VALUES: Final = {**ROLES, **SECTORS, **STEP_STATES, **_SOURCES, **{step: told[0] for step, told in STEPS.items()}}


def value_of(value: object) -> str:
    """A value of a detail, as a text of the catalogue where there is one."""
    if isinstance(value, bool):
        return N_("yes") if value else N_("no")
    if isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value)
    return _VALUES.get(str(value), str(value))
