"""
No business sees another's data: every table of schema `app`, found in the catalog, tried by everybody who should not.

A new table is tried at once; one that cannot be filled or has no owner fails here.
"""

import contextlib
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from filler import OF_A_PERSON, WHOSE, Schema, Tenant
from psycopg import sql

from clusters import Cluster
from wacloud.shared.infra.migrations import migrate

PASSWORD = "a password for tests"
ROLES = ("anon", "authenticated", "service_role", "wacloud_app", "wacloud_worker", "wacloud_system")

# What the paths that cross tenants may do, and where. Everything else is closed to them.
SYSTEM_RIGHTS = {
    "users": "SELECT INSERT UPDATE",
    "audit_log": "SELECT INSERT",
    "businesses": "SELECT INSERT",
    "members": "SELECT INSERT DELETE",
    "credentials": "SELECT INSERT UPDATE DELETE",
    "sessions": "SELECT INSERT UPDATE DELETE",
    "refresh_tokens": "SELECT INSERT UPDATE DELETE",
    "one_time_tokens": "SELECT INSERT UPDATE DELETE",
    "acquaintances": "SELECT INSERT UPDATE",
    "totp_factors": "SELECT INSERT UPDATE DELETE",
    "passkeys": "SELECT INSERT UPDATE DELETE",
    "backup_codes": "SELECT INSERT UPDATE DELETE",
    "mails": "SELECT INSERT UPDATE DELETE",
    "mail_suppressions": "SELECT INSERT DELETE",
    "local_mails": "SELECT INSERT DELETE",
    "message_rates": "SELECT INSERT UPDATE",
    "schedules": "SELECT INSERT UPDATE DELETE",
    "webhook_inbox": "SELECT INSERT UPDATE",
    "jobs": "SELECT INSERT UPDATE DELETE",
    "finished_jobs": "SELECT INSERT",
    "whatsapp_accounts": "SELECT INSERT",
    "phone_numbers": "SELECT INSERT UPDATE",
    "number_connections": "SELECT UPDATE",
    "bot_provider_keys": "SELECT UPDATE",
    "bot_actions": "SELECT UPDATE",
    "tool_calls": "SELECT UPDATE DELETE",
    "bot_forms_begun": "SELECT DELETE",  # what nobody ended goes after a day
    "unmatched_statuses": "SELECT",
    "invitations": "SELECT",
    "onboarding_steps": "SELECT INSERT UPDATE",
    "api_keys": "SELECT",
    "idempotency_keys": "SELECT INSERT UPDATE DELETE",
    "knowledge_sources": "SELECT",
    "knowledge_items": "SELECT",
}

# Ids of other rows that no foreign key guards, and why not.
UNGUARDED = {
    "bot_provider_keys.added_by": "who gave it stays told after the member left",
    "tool_calls.message_id": "a messages partition may go by retention",
    "bot_settings.draft_by": "a person may have left the team since",
    "assist_calls.member_id": "what somebody asked for stays counted after they are gone",
    "bot_versions.published_by": "a person may have left the team since",
    "bot_evaluations.asked_by": "a person may have left the team since",
    "bot_evaluation_answers.question_id": "a question may have been removed since",
    "golden_questions.source": "what it was taught by may be gone",
    "scheduled_messages.author_id": "who wrote it stays told after the member left",
    "scheduled_messages.answers": "a messages partition may go by retention",
    "conversation_notes.author_id": "who noted it stays told after the member left",
    "conversations.last_message_id": "a messages partition may go by retention",
    "message_keys.message_id": "a messages partition may go by retention",
    "word_marks.message_id": "a messages partition may go by retention",
    "media.message_id": "a messages partition may go by retention",
    "media.uploaded_by": "who sent a file stays known after the member left",
    "messages.answered_by": "the same table, over partitions",
    "contact_merges.by": "who merged two stays told after the member left",
    "contact_imports.created_by": "who sent a file stays told after the member left",
    "consent_events.actor_id": "who noted a choice stays noted after the member left",
    "consent_events.message_id": "a messages partition may go by retention",
    "messages.author_id": "who wrote stays written after the member left",
    "messages.turn_id": "a turn may be forgotten before its messages",
    "backup_codes.set_id": "codes that were made together; no row stands for the set",
    "sessions.acting_in": "whether they belong to it is asked at every request",
    "audit_log.actor_id": "what somebody did stays written after they are gone",
    "acquaintances.subject": "a number of another system's",
    "audit_log.user_id": "what concerned somebody stays written after they are gone",
    "question_groups.item_id": "an answer may be removed, and the question stays answered",
    "question_groups.settled_by": "who answered it stays told after the member left",
    "bot_turns.message_id": "a messages partition may go by retention",
    "notices.settled_by": "who put it away stays written after they are gone",
    "number_connections.created_by": "who began it stays told after the member left",
    "mails.user_id": "what was written to somebody stays known after they are gone",
    "idempotency_keys.caller": "a person or an API key, and forgotten after a day",
    "mail_suppressions.mail_id": "the mail goes by retention, what it told us stays",
}
# Queues and records that outlive their business, or are written before it is known.
UNGUARDED_BUSINESS = {
    "idempotency_keys",
    "mails",
    "audit_log",
    "webhook_inbox",
    "jobs",
    "finished_jobs",
    "message_keys",
    "unmatched_statuses",
}


@dataclass(frozen=True, slots=True)
class Two:
    """A migrated database with two businesses that have a row in every table."""

    superuser_dsn: str
    app_dsn: str
    schema: Schema
    one: Tenant
    other: Tenant

    @property
    def tenant_tables(self) -> list[str]:
        return [table for table in self.schema.tables if table not in WHOSE or table == "businesses"]

    def as_superuser(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.superuser_dsn, autocommit=True)

    @contextlib.contextmanager
    def acting(self, role: str | None, **settings: str) -> Iterator["psycopg.Connection[Any]"]:
        """A transaction in this role (the app's login where the app may become it), undone at the end."""
        dsn = self.superuser_dsn if role in ("anon", "service_role") else self.app_dsn
        with psycopg.connect(dsn) as connection:
            for name, value in {"role": role, **settings}.items():
                if value is not None:
                    connection.execute("select set_config(%s, %s, true)", (name.replace("__", "."), value))
            yield connection
            connection.rollback()


@pytest.fixture(scope="module")
def two(own_cluster: Cluster) -> Iterator[Two]:
    own_cluster.run(f"create role isolation_owner login createrole password '{PASSWORD}'")
    try:
        with own_cluster.database("isolation_owner") as name:
            migrate(own_cluster.dsn(name, "isolation_owner", PASSWORD), app_password=PASSWORD)
            with psycopg.connect(own_cluster.dsn(name), autocommit=True) as connection:
                schema = Schema(connection)
                one, other = Tenant(), Tenant()
                for tenant in (one, other):
                    schema.fill(connection, tenant)
            yield Two(own_cluster.dsn(name), own_cluster.dsn(name, "wacloud_app", PASSWORD), schema, one, other)
    finally:
        own_cluster.drop_roles(*ROLES, "isolation_owner")


def claims(**content: Any) -> str:
    return json.dumps(content)


# Who must not see, add, change or delete a row of `one`: role and settings of the transaction.
STRANGERS: dict[str, Callable[[Two], tuple[str | None, dict[str, str]]]] = {
    "another business's worker": lambda two: ("wacloud_worker", {"app__business_ids": str(two.other.business)}),
    "a member of another business": lambda two: (
        "authenticated",
        {"request__jwt__claims": claims(sub=str(two.other.person), role="authenticated")},
    ),
    "a person of no business": lambda two: ("authenticated", {"request__jwt__claims": claims(sub=str(uuid.uuid4()))}),
    "claims that name the business": lambda two: (
        "authenticated",
        {
            "request__jwt__claims": claims(
                sub=str(uuid.uuid4()), business_id=str(two.one.business), user_metadata={"sub": str(two.one.person)}
            ),
            "app__business_ids": str(two.one.business),
        },
    ),
    "no claims": lambda two: ("authenticated", {}),
    "empty claims": lambda two: ("authenticated", {"request__jwt__claims": ""}),
    "claims without a subject": lambda two: ("authenticated", {"request__jwt__claims": "{}"}),
    "claims with an empty subject": lambda two: ("authenticated", {"request__jwt__claims": claims(sub="")}),
    "malformed claims": lambda two: ("authenticated", {"request__jwt__claims": "{" + str(two.one.person)}),
    "a malformed subject": lambda two: ("authenticated", {"request__jwt__claims": claims(sub=f"{two.one.person}'")}),
    "a worker of no business": lambda two: ("wacloud_worker", {}),
    "a worker of nothing": lambda two: ("wacloud_worker", {"app__business_ids": ""}),
    "a worker with claims": lambda two: (
        "wacloud_worker",
        {"request__jwt__claims": claims(sub=str(two.one.person), role="authenticated")},
    ),
    "a worker of nonsense": lambda two: ("wacloud_worker", {"app__business_ids": f"{two.one.business},nonsense"}),
    "the login itself": lambda two: (None, {"app__business_ids": str(two.one.business)}),
    "anon": lambda two: ("anon", {"request__jwt__claims": claims(sub=str(two.one.person))}),
    "service_role": lambda two: ("service_role", {}),
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_can_do_nothing_with_a_row_of_a_business(two: Two, stranger: str):
    role, settings = STRANGERS[stranger](two)
    before = everything_of(two, two.one)
    holes: list[str] = []
    with two.acting(role, **settings) as connection:
        for table in two.schema.tables:
            for deed, statement, params in deeds(two, table):
                outcome = attempt(connection, statement, params)
                if outcome not in ("denied", "nothing") or (deed in ("insert", "take") and outcome != "denied"):
                    holes.append(f"{deed} {table}: {outcome}")
        # What was tried is looked at before it is undone.
        assert holes == []
    assert everything_of(two, two.one) == before


@pytest.mark.parametrize(
    "form",
    ["nonsense", "{{{}}}", "{},", ",{}", "{};", "'{}'", "*", "%", "{} ", "{}\n", "{},null", "{} or true", "{},,{}"],
)
def test_a_malformed_list_of_businesses_is_none(two: Two, form: str):
    with two.acting(
        "wacloud_worker", app__business_ids=form.format(two.one.business, two.other.business)
    ) as connection:
        for table in ("businesses", "messages", "jobs"):
            statement = sql.SQL("select 1 from app.{}").format(sql.Identifier(table))
            assert connection.execute(statement).fetchall() == []


def deeds(two: Two, table: str) -> Iterator[tuple[str, sql.Composed, list[Any]]]:
    """What a stranger tries with the rows of `one` in this table."""
    name, column = sql.Identifier(table), two.schema.owner_column(table)
    whose = sql.SQL("true") if column is None else sql.SQL("{} = %s").format(sql.Identifier(column))
    params = [] if column is None else [two.schema.owner(table, two.one)]
    some = sql.Identifier(column or next(iter(two.schema.columns[table])))
    yield "select", sql.SQL("select 1 from app.{} where {}").format(name, whose), params
    yield "update", sql.SQL("update app.{0} set {1} = {1} where {2} returning 1").format(name, some, whose), params
    yield "delete", sql.SQL("delete from app.{} where {} returning 1").format(name, whose), params
    row = two.schema.new_row(table, two.one)
    columns = sql.SQL(", ").join(map(sql.Identifier, row))
    values = sql.SQL(", ").join(sql.Placeholder() * len(row))
    yield "insert", sql.SQL("insert into app.{} ({}) values ({})").format(name, columns, values), list(row.values())
    yield "truncate", sql.SQL("truncate app.{}").format(name), []


@pytest.mark.parametrize("stranger", ["another business's worker", "a member of another business"])
def test_nobody_can_hand_their_own_row_to_another_business(two: Two, stranger: str):
    role, settings = STRANGERS[stranger](two)
    tried = 0
    with two.acting(role, **settings) as connection:
        for table in two.schema.tables:
            column = two.schema.owner_column(table)
            if column is None:
                continue
            change = sql.SQL("update app.{0} set {1} = %s where {1} = %s returning 1").format(
                sql.Identifier(table), sql.Identifier(column)
            )
            params = [two.schema.owner(table, two.one), two.schema.owner(table, two.other)]
            assert attempt(connection, change, params) == "denied", table
            tried += 1
    assert tried >= 15


def test_a_business_sees_its_own_row_in_every_table(two: Two):
    """Without this the tests above could pass because nobody sees anything."""
    for role, settings in (
        ("wacloud_worker", {"app__business_ids": str(two.one.business)}),
        ("authenticated", {"request__jwt__claims": claims(sub=str(two.one.person))}),
    ):
        with two.acting(role, **settings) as connection:
            for table in two.tenant_tables:
                column = two.schema.owner_column(table)
                count = sql.SQL("select count(*), count(*) filter (where {} = %s) from app.{}").format(
                    sql.Identifier(column or ""), sql.Identifier(table)
                )
                assert connection.execute(count, [two.one.business]).fetchone() == (1, 1), (role, table)


# What the app itself does in a member's name; whoever adds to it says in the migration why.
MEMBERS_WRITE = {
    ("analytics_events", "insert", None),
    (
        "api_keys",
        "select",
        (
            "business_id, created_at, created_by, expires_at, hint, id, last_used_at, name, revoked_at, scopes, "
            "used_from"
        ),
    ),
    ("audit_log", "insert", None),
    ("businesses", "update", "employee_count, language, name, phone, profile, sector, time_zone"),
    (
        "conversations",
        "update",
        (
            "assigned_to, closed_at, closed_by, handed_over_because, handler, handler_since, last_inbound_at, "
            "last_message_at, last_message_created_at, last_message_id, last_outbound_at, snoozed_until, status, unread"
        ),
    ),
    ("idempotency_keys", "select", "business_id, created_at, id, state"),
    (
        "invitations",
        "select",
        "accepted_at, business_id, created_at, email, expires_at, id, invited_by, revoked_at, role",
    ),
    ("jobs", "insert", "business_id, kind, lane, max_attempts, order_key, payload, run_at, unique_key"),
    ("jobs", "update", "run_at"),
    ("mails", "insert", None),
    (
        "mails",
        "select",
        (
            "business_id, changed_at, created_at, id, key, language, reason, recipient, sent_at, state, template, "
            "user_id"
        ),
    ),
    ("media", "update", "used_at"),
    ("message_keys", "insert", None),
    (
        "bot_actions",
        "select",
        "arguments, business_id, changes_something, created_at, description, enabled, id, name, url",
    ),
    (
        "tool_calls",
        "select",
        (
            "action, business_id, changes_something, conversation_id, http_status, key, message_id, ms, started_at, "
            "state"
        ),
    ),
    ("bot_provider_keys", "select", "added_at, added_by, business_id, ending, id, state, state_at"),
    (
        "number_connections",
        "select",
        "business_id, changed_at, created_at, id, number_id, phone_number_id, state, step, waba_id, way",
    ),
    (
        "messages",
        "insert",
        (
            "arrival, author, author_id, body, bulk, business_id, category, cause, content, conversation_id, "
            "created_at, direction, id, kind, raw, reason, refers_to, sent_at, state, turn_id, wamid"
        ),
    ),
    ("messages", "update", "bulk, error, held_until, reason, state"),
    ("users", "update", "language, name, notifications, time_zone"),
    ("notices", "update", "settled_at, settled_by"),
}


def test_members_may_write_what_the_app_writes_in_their_name_and_delete_nothing(two: Two):
    with two.as_superuser() as connection:
        whole = connection.execute(
            """
            select c.relname, lower(a.privilege_type), null from pg_class c, aclexplode(c.relacl) a
            where c.relnamespace = 'app'::regnamespace and a.grantee = 'authenticated'::regrole
              and a.privilege_type <> 'SELECT' and c.relkind in ('r', 'p')
            """
        ).fetchall()
        by_column = connection.execute(
            """
            select c.relname, lower(p.privilege_type), string_agg(a.attname, ', ' order by a.attname)
            from pg_class c join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) p
            where c.relnamespace = 'app'::regnamespace and p.grantee = 'authenticated'::regrole
            group by 1, 2
            """
        ).fetchall()
    assert {*whole, *by_column} == MEMBERS_WRITE


def test_a_worker_of_two_businesses_sees_these_and_no_third(two: Two):
    with two.as_superuser() as connection:
        third = Tenant()
        two.schema.fill(connection, third)
    try:
        with two.acting("wacloud_worker", app__business_ids=f"{two.one.business},{two.other.business}") as connection:
            for table in two.tenant_tables:
                [[n]] = connection.execute(
                    sql.SQL("select count(*) from app.{}").format(sql.Identifier(table))
                ).fetchall()
                assert n == 2, table
    finally:
        forget(two, third)


def test_a_row_of_one_business_cannot_point_to_a_row_of_another(two: Two):
    """Not even written by the superuser: the keys themselves carry the business."""
    tried = []
    with two.as_superuser() as connection:
        for key in two.schema.keys:
            if key.columns == ("business_id",) or key.parent in OF_A_PERSON:
                continue
            foreign = two.other.rows[key.parent]
            point = [(n, foreign[t]) for n, t in zip(key.columns, key.targets, strict=True) if n != "business_id"]
            change = sql.SQL("update app.{} set {} where business_id = %s").format(
                sql.Identifier(key.child),
                sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name, _ in point),
            )
            with pytest.raises(psycopg.errors.ForeignKeyViolation), connection.transaction():
                connection.execute(change, [*(value for _, value in point), two.one.business])
            tried.append(f"{key.child}.{key.columns[-1]}")
    wanted = {
        "phone_numbers.waba_id",
        "contact_identities.contact_id",
        "contacts.merged_into",
        "conversations.contact_id",
        "conversations.number_id",
        "conversations.assigned_to",
        "invitations.invited_by",
        "messages.conversation_id",
        "bot_turns.conversation_id",
    }
    assert wanted <= set(tried)


def test_every_reference_to_a_row_of_a_business_carries_the_business(two: Two):
    people = {"businesses.owner_id", "members.user_id", *(f"{table}.user_id" for table in OF_A_PERSON)}
    for key in two.schema.keys:
        if key.parent in OF_A_PERSON - {"users"}:
            assert "user_id" in key.columns, f"{key.name}: what is a person's points to what is theirs"
        elif key.parent == "users":
            assert f"{key.child}.{key.columns[0]}" in people, f"{key.name}: point to a member of the business instead"
        else:
            assert "business_id" in key.columns, key.name
    guarded = {f"{key.child}.{name}" for key in two.schema.keys for name in key.columns}
    loose = {
        f"{table}.{column.name}"
        for table in two.schema.tables
        for column in two.schema.columns[table].values()
        if column.type == "uuid" and column.name not in ("id", "tenant") and f"{table}.{column.name}" not in guarded
    }
    assert loose == set(UNGUARDED) | {f"{table}.business_id" for table in UNGUARDED_BUSINESS}


def test_the_cross_tenant_role_reaches_what_it_needs_and_nothing_else(two: Two):
    with two.as_superuser() as connection:
        rights = dict(
            connection.execute("""
                select c.relname, string_agg(r.word, ' ' order by r.n) from pg_class c,
                  unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
                    with ordinality as r(word, n)
                where c.relnamespace in ('app'::regnamespace, 'private'::regnamespace)
                  and c.relkind in ('r', 'p', 'v', 'm')
                  and has_table_privilege('wacloud_system', c.oid, r.word) group by 1
            """).fetchall()
        )
    assert rights == SYSTEM_RIGHTS


def test_every_table_has_forced_row_level_security_with_policies_for_all_commands(two: Two):
    with two.as_superuser() as connection:
        tables = connection.execute("""
            select c.oid::regclass::text, c.relrowsecurity and c.relforcerowsecurity, c.relispartition,
                   exists (select from pg_policy p where p.polrelid = c.oid and p.polcmd = '*')
            from pg_class c
            where c.relnamespace in ('app'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p')
        """).fetchall()
        policies = connection.execute("""
            select polrelid::regclass::text, polname, polcmd, polpermissive, polroles::regrole[]::text[],
                   pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
            from pg_policy where polrelid::regclass::text ~ '^(app|private)[.]'
        """).fetchall()
    assert len(tables) > 30
    for table, forced, is_partition, has_policy in tables:
        assert forced, f"{table}: enable and force row level security (private.protect)"
        assert has_policy or is_partition, f"{table}: no policy for all commands"
    for table, name, command, permissive, roles, using, check in policies:
        where = f"{table}.{name}"
        assert permissive, where
        assert set(roles) <= {"authenticated", "wacloud_worker", "wacloud_system", "isolation_owner"}, where
        assert using, where
        assert check or command == "r", f"{where}: with check is missing"
        if using == "true" or check == "true":
            assert roles in (["wacloud_system"], ["isolation_owner"]), f"{where} lets everybody in"
    # The owner's own policies: what the functions below read and forget, and the book of partitions.
    owners = {(table, name) for table, name, _, _, roles, _, _ in policies if "isolation_owner" in roles}
    assert owners == {
        ("app.contacts", "definer_holds"),
        ("app.conversations", "definer_reads"),
        ("app.members", "definer_reads"),
        ("app.businesses", "definer_reads"),
        ("app.audit_log", "definer_forgets"),
        ("app.mails", "definer_reads"),
        ("private.time_partitioned", "owner"),
    }


def test_a_partition_cannot_be_read_on_its_own(two: Two):
    with two.as_superuser() as connection:
        leaves = [
            name
            for (name,) in connection.execute(
                "select relname from pg_class "
                "where relnamespace = 'app'::regnamespace and relispartition and relkind = 'r'"
            )
        ]
    assert len(leaves) >= 16
    for role, settings in (
        ("wacloud_worker", {"app__business_ids": str(two.one.business)}),
        ("authenticated", {"request__jwt__claims": claims(sub=str(two.one.person))}),
        ("wacloud_system", {}),
        ("anon", {}),
        (None, {}),
    ):
        with two.acting(role, **settings) as connection:
            for leaf in leaves:
                for words in ("select 1 from app.{}", "delete from app.{}", "insert into app.{} default values"):
                    statement = sql.SQL(words).format(sql.Identifier(leaf))
                    assert attempt(connection, statement, []) == "denied", (role, leaf)


DEFINERS = {
    "messages_kept",
    "mail_limit",
    "my_businesses",
    "my_colleagues",
    "worker_staff",
    "ensure_partitions",
    "drop_old_partitions",
    "analyze_grown",
    "forget_audit_log",
    "refuse_promotion",
    "schema_versions",
}
MAY_CALL = {
    "mail_limit": {"authenticated", "wacloud_worker", "wacloud_system"},
    "my_businesses": {"authenticated"},
    "my_colleagues": {"authenticated"},
    "worker_staff": {"wacloud_worker"},
    "worker_businesses": {"wacloud_worker"},
    "plain": {"authenticated", "wacloud_worker"},
    "words_of_contact": {"wacloud_worker"},
    "sound_of": {"authenticated", "wacloud_worker"},
    "near_keys": {"authenticated", "wacloud_worker"},
    "keep_words_of_new": set(),
    "keep_words_of_changed": set(),
    "keep_template_changes": set(),
    "similarity": {"authenticated", "wacloud_worker"},
    "as_embedding": {"authenticated", "wacloud_worker"},
    "nearness": {"authenticated", "wacloud_worker"},
    "knowledge_changed": set(),
    "ensure_partitions": {"wacloud_system"},
    "drop_old_partitions": {"wacloud_system"},
    "analyze_grown": {"wacloud_system"},
    "forget_audit_log": {"wacloud_worker"},
    "keep_consent": set(),
    "refuse_promotion": set(),
    "schema_versions": {"wacloud_app"},
    "messages_kept": {"wacloud_system"},
    "add_partition": set(),
    "partition_by_time": set(),
    "protect": set(),
    "open_to_system": set(),
}


def test_functions_are_listed_pinned_and_not_everybodys(two: Two):
    with two.as_superuser() as connection:
        functions = connection.execute(
            """
            select p.proname, p.prosecdef, p.proconfig,
                   exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) where grantee = 0),
                   array(select r from unnest(%s::text[]) r where has_function_privilege(r, p.oid, 'execute'))
            from pg_proc p where p.pronamespace in ('app'::regnamespace, 'private'::regnamespace)
            """,
            [list(ROLES)],
        ).fetchall()
        elsewhere = connection.execute("""
            select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where p.prosecdef and n.nspname not in ('app', 'private', 'pg_catalog', 'information_schema')
        """).fetchall()
    assert elsewhere == []
    assert {name for name, definer, *_ in functions if definer} == DEFINERS
    assert {name: set(roles) for name, _, _, _, roles in functions} == MAY_CALL
    for name, _, config, is_publics, _ in functions:
        assert any(setting.startswith("search_path=") for setting in config or ()), f"{name}: search_path is not pinned"
        assert not is_publics, f"{name}: everybody may execute it"


def test_the_login_owns_nothing_bypasses_nothing_and_may_only_become_three(two: Two):
    with two.as_superuser() as connection:
        owned = connection.execute("""
            select 'relation' from pg_class where relowner = 'wacloud_app'::regrole
            union all select 'function' from pg_proc where proowner = 'wacloud_app'::regrole
            union all select 'schema' from pg_namespace where nspowner = 'wacloud_app'::regrole
            union all select 'database' from pg_database where datdba = 'wacloud_app'::regrole
        """).fetchall()
        assert owned == []
        for role in ("wacloud_app", "wacloud_worker", "wacloud_system", "authenticated", "anon"):
            row = connection.execute(
                "select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication "
                "from pg_roles where rolname = %s",
                [role],
            ).fetchone()
            assert row == (False,), role
        becomes = connection.execute("""
            select roleid::regrole::text, admin_option, inherit_option from pg_auth_members
            where member = 'wacloud_app'::regrole order by 1
        """).fetchall()
        assert becomes == [(r, False, False) for r in ("authenticated", "wacloud_system", "wacloud_worker")]
        for role in ("wacloud_worker", "wacloud_system", "authenticated"):
            others = connection.execute("select from pg_auth_members where member = %s::regrole", [role]).fetchall()
            assert others == [], f"{role} may become somebody else"
    for role in ("anon", "service_role", "isolation_owner", "postgres"):
        with psycopg.connect(two.app_dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))


def test_views_read_with_the_rights_of_whom_they_serve(two: Two):
    with two.as_superuser() as connection:
        views = connection.execute("""
            select c.oid::regclass::text, c.relkind, c.reloptions from pg_class c
            where c.relnamespace = 'app'::regnamespace and c.relkind in ('v', 'm')
        """).fetchall()
    for name, kind, options in views:
        assert kind == "v", f"{name}: a materialized view has no row level security"
        assert "security_invoker=true" in (options or ()), name


def attempt(connection: "psycopg.Connection[Any]", statement: sql.Composed, params: list[Any]) -> str:
    """What came of it: denied, nothing (no row seen or touched), rows, or the error's name. Undone in any case."""
    try:
        with connection.transaction(force_rollback=True):
            cursor = connection.execute(statement, params)
            found = cursor.fetchone() if cursor.description else (cursor.rowcount or None)
            return "rows" if found else "nothing"
    except psycopg.errors.InsufficientPrivilege:
        return "denied"
    except psycopg.DataError:
        return "denied"  # claims nobody can read
    except psycopg.Error as error:
        return type(error).__name__


def everything_of(two: Two, tenant: Tenant) -> dict[str, list[Any]]:
    found = {}
    with two.as_superuser() as connection:
        for table in two.schema.tables:
            column = two.schema.owner_column(table)
            whose = sql.SQL("true") if column is None else sql.SQL("{} = %s").format(sql.Identifier(column))
            statement = sql.SQL("select t::text from app.{} t where {} order by 1").format(sql.Identifier(table), whose)
            params = [] if column is None else [two.schema.owner(table, tenant)]
            found[table] = connection.execute(statement, params).fetchall()
    assert all(found.values())
    return found


def forget(two: Two, tenant: Tenant) -> None:
    with two.as_superuser() as connection, connection.transaction():
        for table in reversed(two.schema.in_order()):
            column = two.schema.owner_column(table)
            if column is not None:
                statement = sql.SQL("delete from app.{} where {} = %s").format(
                    sql.Identifier(table), sql.Identifier(column)
                )
                connection.execute(statement, [two.schema.owner(table, tenant)])
