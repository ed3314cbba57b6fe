"""The template of a sector, from the files beside this module."""

import tomllib
from functools import cache
from pathlib import Path

from wacloud.modules.business.domain.profile import LANGUAGES, SECTORS
from wacloud.modules.business.domain.sector_template import SectorTemplate

FOLDER = Path(__file__).resolve().parents[1] / "sector_templates"


@cache
def sector_template(sector: str, language: str) -> SectorTemplate:
    """What a business of this sector starts with. What we do not know is `other`, in Spanish."""
    sector = sector if sector in SECTORS else "other"
    language = language if language in LANGUAGES else "es"
    with (FOLDER / f"{sector}.{language}.toml").open("rb") as file:
        return SectorTemplate.read(sector, language, tomllib.load(file))
