"""What a number says of its business on WhatsApp, within Meta's limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wacloud.shared.domain.errors import Fault, FaultyFields

ABOUT: Final = 139
ADDRESS: Final = 256
DESCRIPTION: Final = 512
EMAIL: Final = 128
WEBSITE: Final = 256
MOST_WEBSITES: Final = 2
VERTICALS: Final = (
    *("OTHER", "AUTO", "BEAUTY", "APPAREL", "EDU", "ENTERTAIN", "EVENT_PLAN", "FINANCE", "GROCERY", "GOVT", "HOTEL"),
    *("HEALTH", "NONPROFIT", "PROF_SERVICES", "RETAIL", "TRAVEL", "RESTAURANT", "NOT_A_BIZ"),
)


@dataclass(frozen=True, slots=True)
class NumberProfile:
    """What customers see when they open the business's contact. `vertical` is Meta's word for its sector."""

    about: str = ""
    address: str = ""
    description: str = ""
    email: str = ""
    websites: Sequence[str] = ()
    vertical: str = ""
    has_photo: bool = False  # told, never changed with the rest

    def check(self) -> None:
        """:raises FaultyFields: Meta would refuse it; every fault is in it."""
        faults = [
            Fault(name, "too_long", most)
            for name, most in (("about", ABOUT), ("address", ADDRESS), ("description", DESCRIPTION), ("email", EMAIL))
            if len(getattr(self, name)) > most
        ]
        if self.email and ("@" not in self.email.strip("@") or " " in self.email):
            faults.append(Fault("email", "malformed"))
        if len(self.websites) > MOST_WEBSITES:
            faults.append(Fault("websites", "too_many", MOST_WEBSITES))
        for n, site in enumerate(self.websites):
            if len(site) > WEBSITE:
                faults.append(Fault(f"websites.{n}", "too_long", WEBSITE))
            if not site.startswith(("http://", "https://")):
                faults.append(Fault(f"websites.{n}", "malformed"))
        if self.vertical and self.vertical not in VERTICALS:
            faults.append(Fault("vertical", "unknown"))
        if faults:
            raise FaultyFields(faults)
