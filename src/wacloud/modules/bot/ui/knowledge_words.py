"""What the pages of the knowledge say of kinds, states and problems."""

from typing import Final

from wacloud.modules.bot.domain.source import Problem, Refresh, SourceKind
from wacloud.shared.ui.i18n import N_

KINDS: Final[dict[SourceKind, tuple[str, str]]] = {
    "text": ("notes", N_("Text")),
    "file": ("file-text", N_("File")),
    "page": ("world", N_("Web page")),
    "product": ("tag", N_("Products")),
}
STATES: Final = {
    "waiting": N_("Waiting to be read"),
    "reading": N_("Being read"),
    "ready": N_("Ready"),
    "failed": N_("Could not be read"),
}
REFRESH: Final[dict[Refresh, str]] = {
    "never": N_("Only when I ask for it"),
    "daily": N_("Every day"),
    "weekly": N_("Every week"),
}
PROBLEMS: Final[dict[Problem, str]] = {
    "encrypted": N_("The file is locked with a password. Save it without one and send it again."),
    "damaged": N_("The file is damaged, or is not what its name says."),
    "too_large": N_("It is too large when unpacked: send it in parts."),
    "too_many_pages": N_("It has more than 300 pages: send it in parts."),
    "too_much_text": N_("There is too much text in it: send it in parts."),
    "too_many_pieces": N_("Your plan has no room for all its text. Remove something, or send less."),
    "too_slow": N_("Reading it took too long: send it in parts, or as text."),
    "no_text": N_("There is no text in it. A scanned page is a picture: the bot cannot read it."),
    "type_refused": N_("It is not a Word document (DOCX)."),
    "not_a_table": N_("It is not a table: save it as CSV and send it again."),
    "address_refused": N_("The address does not lead to a public page."),
    "robots": N_("The site does not want this page to be read (robots.txt)."),
    "unreachable": N_("The site did not answer. It is tried again in an hour."),
    "gone": N_("The page is not there any more, so nothing is answered from it."),
    "needs_login": N_("The page is not open to everybody."),
    "site_error": N_("The site answered with an error. It is tried again in an hour."),
    "too_many_redirects": N_("The page leads to another, and that one to another, without end."),
    "not_a_page": N_("There is no page at this address, but something else."),
    "file_gone": N_("The file is not there any more: send it again."),
}
# Of a site that somebody wants to look into, now.
SITE_PROBLEMS: Final[dict[Problem, str]] = {
    "address_refused": PROBLEMS["address_refused"],
    "robots": N_("It does not want to be read (robots.txt)."),
    "unreachable": N_("It did not answer."),
    "gone": N_("There is nothing at this address."),
    "needs_login": PROBLEMS["needs_login"],
    "site_error": N_("It answered with an error."),
    "too_many_redirects": PROBLEMS["too_many_redirects"],
    "not_a_page": PROBLEMS["not_a_page"],
    "too_large": N_("There is too much of it."),
    "damaged": N_("Its sitemap is damaged."),
}
LIMITS: Final = {
    "items": N_("Questions and answers"),
    "sources": N_("Sources"),
    "pages": N_("Web pages"),
    "products": N_("Products"),
    "size_bytes": N_("Size"),
    "pieces": N_("Pieces of text"),
}
