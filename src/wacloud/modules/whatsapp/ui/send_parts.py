"""What the bodies of messages have in common."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.whatsapp.domain.outgoing import LINK


class Strict(BaseModel):
    """No field that is not known."""

    model_config = ConfigDict(extra="forbid")


def words(most: int) -> Any:
    """
    A text whose limit the description tells and the domain checks: so that all that breaks a rule is told at once.

    Ten times as much is more than anybody means.
    """
    return Annotated[str, Field(max_length=10 * most, description=f"At most {most} characters.")]


Link = Annotated[str, Field(max_length=2 * LINK, description=f"A public web address of {LINK} characters at most.")]
