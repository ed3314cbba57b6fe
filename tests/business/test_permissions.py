"""E6: every operation, as every role, lets in whom the matrix names."""

import sys
from pathlib import Path
from uuid import uuid4

import pytest
from business_people import ROLES, People

from wacloud.shared.ui.permissions import ROLES as MAY
from wacloud.shared.ui.permissions import Permission

sys.path.insert(0, str(Path(__file__).parents[1] / "architecture"))

from permissions_page import operations

GUARDED = [(method, path, asks.strip("`")) for path, method, asks in operations() if asks.startswith("`")]


@pytest.mark.parametrize(("method", "path", "permission"), GUARDED, ids=str)
async def test_e6_an_operation_lets_in_whom_the_matrix_names(
    people: People, method: str, path: str, permission: str
) -> None:
    team = await people.team()
    for role in reversed(ROLES):
        filled = path.replace("{business_id}", str(team[role].business_id)).replace("{sector}", "retail")
        for name in ("user_id", "invitation_id"):
            filled = filled.replace("{" + name + "}", str(uuid4()))
        told = await people.ask(team[role], method, filled, None if method == "GET" else {})
        if Permission(permission) in MAY[role]:
            assert told.status not in (401, 403), (role, told.text)
        else:
            assert (told.status, told.code) == (403, "not_allowed"), (role, told.text)


def test_there_is_something_to_try() -> None:
    assert len(GUARDED) >= 20
