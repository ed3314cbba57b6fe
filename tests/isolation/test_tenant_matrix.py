"""
E1, E2, E3: nobody reaches into another business through the API, whatever their role.

Made of the application's own description: every operation that takes an id, with every id in turn (and every mix of
them) another business's, as every role. The answer is the one for an id that never existed.
"""

import json
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from filler import OF_A_PERSON, Schema, Tenant
from psycopg import sql

from clusters import Cluster
from rig import Rig, open_rig
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId
from wacloud.shared.infra.migrations import migrate
from wacloud.shared.ui.permissions import ROLES as MAY
from wacloud.shared.ui.permissions import Permission

sys.path.insert(0, str(Path(__file__).parents[1] / "business"))
sys.path.insert(0, str(Path(__file__).parents[1] / "architecture"))

from business_people import ROLES, People, Someone, Told
from described import Description, Operation, Slot, application
from permissions_page import operations

PASSWORD = "a password for tests"

# An object of a business for every name an id goes by in the API. A new name fails here until it has its line.
MAKERS: Mapping[str, Callable[[Tenant], Any]] = {
    "business_id": lambda tenant: tenant.business,
    "user_id": lambda tenant: tenant.person,
    "actor_id": lambda tenant: tenant.person,
    "invitation_id": lambda tenant: tenant.rows["invitations"]["id"],
    "challenge_id": lambda _: uuid.uuid4(),  # good for one factor, which is looked for first
    "session_id": lambda tenant: tenant.rows["sessions"]["id"],
    "factor_id": lambda tenant: tenant.rows["totp_factors"]["id"],
    "set_id": lambda tenant: tenant.rows["backup_codes"]["set_id"],
    "notice_id": lambda tenant: tenant.rows["notices"]["id"],
    "key_id": lambda tenant: tenant.rows["api_keys"]["id"],
    "conversation_id": lambda tenant: tenant.rows["conversations"]["id"],
    "number_id": lambda tenant: tenant.rows["phone_numbers"]["id"],
    "phone_number_id": lambda tenant: tenant.rows["phone_numbers"]["phone_number_id"],
    "reply_to": lambda tenant: tenant.rows["messages"]["id"],
    "contact_id": lambda tenant: tenant.rows["contacts"]["id"],
    "other_id": lambda tenant: tenant.rows["contacts"]["id"],
    "tag_id": lambda tenant: tenant.rows["contact_tags"]["id"],
    "tag_ids": lambda tenant: tenant.rows["contact_tags"]["id"],
    "label_id": lambda tenant: tenant.rows["labels"]["id"],
    "label_ids": lambda tenant: tenant.rows["labels"]["id"],
    "reply_id": lambda tenant: tenant.rows["canned_replies"]["id"],
    "scheduled_id": lambda tenant: tenant.rows["scheduled_messages"]["id"],
    "mention_ids": lambda tenant: tenant.person,
    "template_id": lambda tenant: tenant.rows["message_templates"]["id"],
    "waba_id": lambda tenant: tenant.rows["whatsapp_accounts"]["waba_id"],
    "connection_id": lambda tenant: tenant.rows["number_connections"]["id"],
    "segment_id": lambda tenant: tenant.rows["segments"]["id"],
    # Each business counts its versions for itself: one that neither has reached is another's as much as anything.
    "version": lambda _: 7,
    "other": lambda _: 8,
    "item_id": lambda tenant: tenant.rows["knowledge_items"]["id"],
    "source_id": lambda tenant: tenant.rows["knowledge_sources"]["id"],
    "group_id": lambda tenant: tenant.rows["question_groups"]["id"],
    "conversation_ids": lambda tenant: tenant.rows["conversations"]["id"],
    "flow_id": lambda _: "700000000000001",  # Meta's own id; nothing of ours is looked up by it
    "media_id": lambda tenant: tenant.rows["media"]["id"],
    "question_id": lambda tenant: tenant.rows["golden_questions"]["id"],
    "action_id": lambda tenant: tenant.rows["bot_actions"]["id"],
    "form_id": lambda tenant: tenant.rows["bot_forms"]["id"],
    "evaluation_id": lambda tenant: tenant.rows["bot_evaluations"]["id"],
}
# What a body must say besides, for its ids to be looked at.
SAID: Mapping[str, Callable[[Tenant], Any]] = {
    "business_name": lambda tenant: tenant.rows["businesses"]["name"],
    "role": lambda _: "agent",
    "facts": lambda _: ["a fact"],
    "send_at": lambda _: (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    "until": lambda _: (datetime.now(UTC) + timedelta(days=1)).isoformat(),
}
# Ids that are not what is asked for but something said along with it: an unknown one is told of beside its field, or
# counted among what was refused, and says as little; with an id that has to be there, that one decides.
ALONG = {
    "body:conversation_ids": {201, 404},
    "body:media_id": {200, 404, 409, 422},
    "body:flow_id": {200, 404, 409, 422},
}
# Columns that say until when a thing is good.
ENDS = frozenset({"expires_at", "not_after"})

API = Description(application().openapi())
WITH_IDS = [operation for operation in API.operations if operation.slots]
ASKS = {(method, path): asks.strip("`") for path, method, asks in operations() if asks.startswith("`")}


@dataclass(frozen=True, slots=True)
class Matrix:
    """Our business with one person of each role, and another; each has a row in every table."""

    rig: Rig
    superuser_dsn: str
    schema: Schema
    ours: Tenant
    theirs: Tenant
    people: Mapping[str, Someone]

    async def ask(self, role: str, operation: Operation, ids: Mapping[Slot, str]) -> Told:
        named: dict[str, Any] = {
            slot.name: [id_] if slot.name.endswith("_ids") else id_ for slot, id_ in ids.items() if slot.where == "body"
        }

        def given(name: str) -> Any:
            return named.get(name) or (SAID[name](self.ours) if name in SAID else None)

        body = API.sample(operation.body, given) if operation.body is not None else None
        url = operation.url(ids, API.choices(operation))
        return await People(self.rig).ask(self.people[role], operation.method, url, body)

    def rows(self) -> dict[str, str]:
        """A digest of all that belongs to the other business, and to its person, by table."""
        found: dict[str, str] = {}
        with psycopg.connect(self.superuser_dsn, autocommit=True) as look:
            for table in self.schema.tables:
                owner = self.schema.owner_column(table)
                if owner is None:
                    continue
                query = sql.SQL(
                    "select count(*) || ' ' || md5(coalesce(string_agg(t::text, ',' order by t::text), '')) "
                    "from app.{} t where {} = %s"
                ).format(sql.Identifier(table), sql.Identifier(owner))
                row = look.execute(query, [self.schema.owner(table, self.theirs)]).fetchone()
                assert row is not None
                found[table] = row[0]
        return found


@pytest.fixture(scope="module")
def database(own_cluster: Cluster) -> Iterator[tuple[str, str]]:
    """The DSN of its superuser, and the application's."""
    own_cluster.run(f"create role matrix_owner login createrole password '{PASSWORD}'")
    roles = ("anon", "authenticated", "service_role", "wacloud_app", "wacloud_worker", "wacloud_system")
    try:
        with own_cluster.database("matrix_owner") as name:
            migrate(own_cluster.dsn(name, "matrix_owner", PASSWORD), app_password=PASSWORD)
            yield own_cluster.dsn(name), own_cluster.dsn(name, "wacloud_app", PASSWORD)
    finally:
        own_cluster.drop_roles(*roles, "matrix_owner")


@pytest.fixture(scope="module")
async def matrix(database: tuple[str, str], redis_url: str) -> AsyncIterator[Matrix]:
    superuser_dsn, app_dsn = database
    ours, theirs = Tenant(), Tenant()
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        schema = Schema(connection)
        for tenant in (ours, theirs):
            schema.fill(connection, tenant)
        for table, columns in schema.columns.items():
            # What has run out is refused for that alone.
            for name in ENDS & columns.keys():
                later = sql.SQL("update app.{} set {} = now() + interval '7 days'")
                connection.execute(later.format(sql.Identifier(table), sql.Identifier(name)))
    # Without a worker: what is in the other business's queue stays as it is.
    async with open_rig(app_dsn, redis_url, with_worker=False) as rig:
        owner = Someone(
            UserId(ours.person), "", BusinessId(ours.business), SessionId(cast(uuid.UUID, ours.rows["sessions"]["id"]))
        )
        people = {role: await People(rig).join(owner, role) for role in ROLES}
        yield Matrix(rig, superuser_dsn, schema, ours, theirs, people)


def made(slot: Slot, tenant: Tenant) -> str:
    if slot.name not in MAKERS:
        pytest.fail(f"What is the {slot.name} of another business? Say so in MAKERS, so that it is tried.")
    return str(MAKERS[slot.name](tenant))


def told(answer: Told) -> tuple[int, Any]:
    """All of it that may not depend on whether the id is somebody's."""
    body = json.loads(answer.text) if answer.text else None
    if isinstance(body, dict):
        body.pop("request_id", None)
        body.pop("item_id", None)  # of what an answer has just made: another one each time
    return answer.status, body


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", WITH_IDS, ids=str)
async def test_e1_anothers_id_is_answered_as_one_that_never_existed(
    matrix: Matrix, operation: Operation, role: str
) -> None:
    for slot in operation.slots:
        made(slot, matrix.theirs)
    asks = ASKS.get((operation.method, operation.path))
    may = asks is None or Permission(asks) in MAY[role]
    before = matrix.rows()
    for foreign in operation.foreign():
        own = {
            slot: made(slot, matrix.ours) for slot in operation.slots if slot not in foreign and slot.where != "query"
        }
        answer = await matrix.ask(role, operation, own | {slot: made(slot, matrix.theirs) for slot in foreign})
        never = await matrix.ask(role, operation, own | {slot: str(uuid.uuid4()) for slot in foreign})
        which = ", ".join(map(str, foreign))
        assert told(answer) == told(never), which
        if all(slot.where == "query" for slot in foreign):
            # A filter by what never existed finds nothing.
            assert answer.status == (200 if may else 403), (which, answer.text)
        else:
            refusals = {404}.union(*(ALONG.get(str(slot), {404}) for slot in foreign))
            assert answer.status in (refusals if may else {403, 404}), (which, answer.text)
    assert matrix.rows() == before


async def test_g12_the_running_application_has_what_was_tried(matrix: Matrix) -> None:
    async with matrix.rig.http.get(f"{matrix.rig.url}/openapi.json") as answer:
        running = Description(await answer.json())
    assert {str(operation) for operation in API.operations} == {str(operation) for operation in running.operations}


async def test_the_other_business_is_really_there(matrix: Matrix) -> None:
    assert len(WITH_IDS) >= 18
    async with matrix.rig.house.db.tenant(BusinessId(matrix.theirs.business), read_only=True) as tx:
        [invitation] = await tx.rows("select revoked_at, accepted_at, expires_at > now() as good from app.invitations")
    assert (invitation.revoked_at, invitation.accepted_at, invitation.good) == (None, None, True)
    full = [table for table, digest in matrix.rows().items() if not digest.startswith("0 ")]
    assert set(full) >= {*OF_A_PERSON, "businesses", "members", "invitations", "conversations", "messages", "jobs"}
