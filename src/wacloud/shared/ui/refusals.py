"""Why somebody who is signed in is not let through."""

from wacloud.shared.domain.errors import NotAllowed, NotSignedIn


class NoBusiness(NotAllowed):
    """You do not belong to any business yet."""


class NoLongerMember(NotSignedIn):
    """You do not belong any more to the business you were working in."""


class EmailNotVerified(NotAllowed):
    """Confirm your e-mail address first: open the link we sent you."""


class SecondFactorRequired(NotAllowed):
    """Show your second factor first."""


class SecondFactorDemanded(NotAllowed):
    """This business asks a second factor of everybody who works in it. Set one up to go on."""


class StepUpRequired(NotAllowed):
    """Confirm that it is you, and try again."""


class NotForApiKeys(NotAllowed):
    """An API key cannot do this: sign in as a person."""


class ScopeMissing(NotAllowed):
    """This API key was not made for this."""
