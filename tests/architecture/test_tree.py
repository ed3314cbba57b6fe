"""What import contracts cannot see: transactions and the network, whose SQL it is, names in strings, docs and sizes."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast
from unittest.mock import MagicMock

import psycopg
import pytest

from wacloud.main.subscriptions import SUBSCRIPTIONS
from wacloud.main.worker import SCHEDULES, Worker

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "wacloud"
MODULES = sorted(path.name for path in (SRC / "modules").iterdir() if (path / "__init__.py").exists())

# Who may cross tenants: `db.system(` stands in these files and no others.
SYSTEM = {
    "bench/answers.py",
    "bench/api.py",
    "bench/businesses.py",
    "bench/e2e.py",
    "bench/ingest.py",
    "bench/knowledge.py",
    "bench/live.py",
    "bench/members.py",
    "bench/places.py",
    "bench/send.py",
    "main/doctor_store.py",
    "main/rates_cli.py",
    "main/secrets_cli.py",
    "main/seed.py",
    "main/seed_volume.py",
    "main/web.py",
    "main/worker.py",
    "modules/bot/application/keep_entries.py",
    "modules/bot/application/tidy_calls.py",
    "modules/auth/application/admit_outsider.py",
    "modules/auth/application/ask_magic_link.py",
    "modules/auth/application/backup_codes.py",
    "modules/auth/application/challenge_factor.py",
    "modules/auth/application/change_email.py",
    "modules/auth/application/change_password.py",
    "modules/auth/application/check_code.py",
    "modules/auth/application/confirm_email.py",
    "modules/auth/application/enter_by_mail.py",
    "modules/auth/application/find_mailed.py",
    "modules/auth/application/continue_session.py",
    "modules/auth/application/enrol_factor.py",
    "modules/auth/application/finish_sign_in.py",
    "modules/auth/application/disable_user.py",
    "modules/auth/application/forgot_password.py",
    "modules/auth/application/guess.py",
    "modules/auth/application/identify.py",
    "modules/auth/application/list_factors.py",
    "modules/auth/application/open_account.py",
    "modules/auth/application/open_link.py",
    "modules/auth/application/passkey_options.py",
    "modules/auth/application/register_passkey.py",
    "modules/auth/application/use_passkey.py",
    "modules/auth/application/prove_again.py",
    "modules/auth/application/prove_password.py",
    "modules/auth/application/refresh_session.py",
    "modules/auth/application/register.py",
    "modules/auth/application/resend_sign_up.py",
    "modules/auth/application/remove_factor.py",
    "modules/auth/application/rename_factor.py",
    "modules/auth/application/identify_key.py",
    "modules/auth/application/resend_verification.py",
    "modules/auth/application/reset_password.py",
    "modules/auth/application/revoke_session.py",
    "modules/auth/application/sign_in.py",
    "modules/auth/application/sign_out.py",
    "modules/auth/application/step_up.py",
    "modules/auth/application/still_in.py",
    "modules/auth/application/switch_business.py",
    "modules/auth/application/verify_email.py",
    "modules/auth/application/verify_factor.py",
    "modules/auth/infra/factors.py",
    "modules/auth/infra/personal_data.py",
    "modules/notification/application/apply_report.py",
    "modules/notification/application/lift_suppression.py",
    "modules/notification/application/mail_invitation.py",
    "modules/notification/application/mail_ledger.py",
    "modules/notification/application/mend_mails.py",
    "modules/notification/application/send_mail.py",
    "modules/notification/infra/local_outbox.py",
    "modules/user/application/leave.py",
    "modules/user/application/list_users.py",
    "modules/bot/application/look_after_knowledge.py",
    "modules/business/application/accept_invitation.py",
    "modules/business/application/erase_business.py",
    "modules/business/application/open_business.py",
    "modules/whatsapp/application/check_numbers.py",
    "modules/whatsapp/application/connect_number.py",
    "modules/whatsapp/application/give_back_silent.py",
    "modules/whatsapp/application/mend.py",
    "modules/whatsapp/application/note_first_messages.py",
    "modules/whatsapp/application/sync_templates.py",
    "modules/whatsapp/application/tidy_media.py",
    "modules/whatsapp/infra/numbers.py",
    "shared/infra/database_clock.py",
    "shared/infra/idempotency.py",
    "shared/infra/job_rings.py",
    "shared/infra/jobs.py",
    "shared/infra/webhook_inbox.py",
    "modules/whatsapp/application/import_rates.py",
    "modules/whatsapp/infra/costs.py",
    "modules/whatsapp/application/index_words.py",
}

# Whose each table is. The two queues are everybody's: shared code writes them, ledgers read them.
TABLES = {
    "user": {"users"},
    "business": {"businesses", "members", "audit_log", "invitations", "onboarding_steps"},
    "auth": {
        "acquaintances",
        "credentials",
        "sessions",
        "refresh_tokens",
        "one_time_tokens",
        "api_keys",
        "totp_factors",
        "passkeys",
        "backup_codes",
    },
    "notification": {"mails", "mail_suppressions", "local_mails", "notices"},
    "whatsapp": {
        "whatsapp_accounts",
        "phone_numbers",
        "number_connections",
        "contacts",
        "contact_identities",
        "contact_fields",
        "contact_tags",
        "tagged_contacts",
        "segments",
        "contact_merges",
        "different_contacts",
        "consent_events",
        "consent_settings",
        "contact_imports",
        "contact_import_rows",
        "conversations",
        "labels",
        "conversation_labels",
        "conversation_words",
        "contact_words",
        "near_words",
        "word_marks",
        "conversation_notes",
        "canned_replies",
        "scheduled_messages",
        "saved_views",
        "messages",
        "message_keys",
        "delivery_counts",
        "message_templates",
        "message_template_changes",
        "number_checkups",
        "number_checks",
        "number_check_changes",
        "echo_tests",
        "message_rates",
        "unmatched_statuses",
        "account_events",
        "media",
        "media_uploads",
        "media_room",
    },
    "bot": {
        "bot_settings",
        "bot_versions",
        "golden_questions",
        "bot_evaluations",
        "bot_evaluation_answers",
        "bot_spending",
        "bot_provider_keys",
        "bot_actions",
        "tool_calls",
        "bot_forms",
        "bot_form_entries",
        "bot_forms_begun",
        "knowledge_items",
        "knowledge_sources",
        "knowledge_chunks",
        "knowledge_words",
        "knowledge_products",
        "knowledge_versions",
        "question_groups",
        "unanswered_questions",
        "bot_turns",
        "assist_calls",
        "conversation_summaries",
    },
    "analytics": {"analytics_events"},
    "shared": {"webhook_inbox", "jobs", "finished_jobs", "schedules", "idempotency_keys"},
}
# SQL that names another module's table, and why it may.
BORROWED = {
    (
        "modules/whatsapp/infra/inbox_reader.py",
        "users",
    ): "the list shows who has a conversation; one statement, not two",
    (
        "modules/bot/infra/question_board.py",
        "messages",
    ): "what was asked is read where it was said and not copied: who erases it there has erased it",
    ("modules/bot/infra/question_board.py", "conversations"): "whose question it was, and whether they still wait",
    ("modules/bot/infra/question_board.py", "contacts"): "who still waits is told by name",
    ("modules/bot/infra/form_rows.py", "conversations"): "whose entry it is",
    ("modules/bot/infra/form_rows.py", "contacts"): "entries are told with the name and number of who gave them",
    ("modules/business/infra/reader.py", "users"): "members and the audit log are told with people's names",
    ("modules/whatsapp/infra/desk.py", "members"): "who has the fewest is found and given it in one statement",
    ("modules/whatsapp/infra/notes.py", "users"): "notes are told with the names of who wrote them",
    ("modules/whatsapp/infra/scheduled.py", "users"): "what waits is told with the names of who wrote it",
    ("modules/whatsapp/infra/transcripts.py", "users"): "a file tells who wrote what",
    ("modules/whatsapp/infra/notes.py", "members"): "who may be mentioned is read with their names",
    ("modules/whatsapp/infra/people_reader.py", "users"): "who noted a choice or a merge is told by name",
    ("modules/bot/infra/workbenches.py", "users"): "versions and the draft are told with the names of who made them",
    (
        "modules/whatsapp/infra/people_reader.py",
        "bot_form_entries",
    ): "all that is kept of one person is given out together",
    ("modules/whatsapp/infra/people_reader.py", "bot_forms_begun"): "likewise",
    ("modules/whatsapp/infra/people_reader.py", "bot_forms"): "likewise",
    ("modules/whatsapp/infra/inbox_reader.py", "bot_turns"): "the desk shows what the bot left to people",
    ("modules/whatsapp/infra/thread_rows.py", "bot_turns"): "the thread shows why the bot said what it said",
    ("modules/whatsapp/infra/thread_rows.py", "users"): "the thread shows who wrote what",
}

# Imports inside functions: what a command need not load, and what may not be installed.
LAZY = {
    "bench/paint.py": "Playwright is for development",
    "main/cli.py": "each command loads what it needs",
    "main/bench_cli.py": "each command loads what it needs",
    "main/wiring.py": "BullMQ is an extra",
    "main/worker.py": "BullMQ is an extra",
}

LONGEST = 400
LONG: dict[str, str] = {}  # file: why it may be

# Words that lead out of the process. Held in hand while a transaction is open, they would hold its locks as well.
NETWORK = {
    "cache",
    "challenges",
    "cloud_api",
    "egress",
    "embedder",
    "files",
    "meta",
    "tools",
    "transcriber",
    "http",
    "limits",
    "memory",
    "model",
    "redis",
    "session",
    "throttle",
    "transport",
    "valkey",
    "requests",
    "urllib",
    "subprocess",
    "sleep",
}
LOCAL = {"model_dump", "model_validate"}
DATABASES = {"db", "_db"}


def files(*folders: str) -> Iterator[Path]:
    for folder in folders or (".",):
        yield from sorted((SRC / folder).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def name(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def chain(node: ast.expr) -> list[str]:
    """`self._deps.db.tenant` as its words."""
    match node:
        case ast.Attribute():
            return [*chain(node.value), node.attr]
        case ast.Name():
            return [node.id]
        case ast.Call():
            return chain(node.func)
    return []


def opens(node: ast.expr) -> str | None:
    """Which kind of transaction this expression opens."""
    if isinstance(node, ast.Call):
        words = chain(node.func)
        if len(words) >= 2 and words[-2] in DATABASES and words[-1] in ("tenant", "member", "system"):
            return words[-1]
    return None


def held_in(source: ast.Module) -> Iterator[ast.AST]:
    """Whatever runs with a transaction in hand: blocks that open one, functions that are given one."""
    for node in ast.walk(source):
        match node:
            case ast.AsyncWith() if any(opens(item.context_expr) for item in node.items):
                for statement in node.body:
                    yield from ast.walk(statement)
            case ast.AsyncFunctionDef() if any(argument.arg == "tx" for argument in node.args.args):
                for statement in node.body:
                    yield from ast.walk(statement)


def calls_out(source: ast.Module) -> list[str]:
    found = set()
    for node in held_in(source):
        if isinstance(node, ast.Call):
            words = [word.lstrip("_") for word in chain(node.func)]
            if NETWORK.intersection(words) and not LOCAL.intersection(words):
                found.add(f"line {node.lineno}: {'.'.join(words)}")
    return sorted(found)


def test_nothing_that_holds_a_transaction_touches_the_network():
    assert {name(path): out for path in files() if (out := calls_out(tree(path)))} == {}


@pytest.mark.parametrize(
    "line",
    [
        "await deps.cloud_api.send(number, text)",
        "await self._session.post(url)",
        "await deps.answers.model.ask(prompt)",
        "vectors = await embedder.embed([text])",
        "await self._redis.set('a', 'b')",
        "await asyncio.sleep(1)",
        "async with self._session.get(url) as answer:\n            pass",
    ],
)
def test_the_check_above_sees_what_it_must(line: str):
    for header in (
        "async with deps.db.tenant(business_id) as tx:",
        "async with self._db.system('why') as tx, other():",
        "async with house.db.member(user_id, read_only=True) as tx:",
    ):
        source = f"async def use_case(self, deps):\n    {header}\n        await tx.rows('select 1')\n        {line}\n"
        assert calls_out(ast.parse(source)), header
    given = f"async def block(deps, tx: Tx) -> None:\n    if deps:\n        {line}\n"
    assert calls_out(ast.parse(given))
    assert not calls_out(ast.parse(f"async def use_case(self, deps):\n        {line}\n"))


def test_no_transaction_is_opened_inside_another():
    """Two connections for one piece of work: under load everybody holds one and waits for the second."""
    nested = [f"{name(path)}:{node.lineno}" for path in files() for node in held_in(tree(path)) if is_opening(node)]
    assert nested == []


def is_opening(node: ast.AST) -> bool:
    return isinstance(node, ast.AsyncWith) and any(opens(item.context_expr) for item in node.items)


def test_who_crosses_tenants_is_on_the_list():
    found = {
        name(path)
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and opens(node) == "system"
    }
    assert found == SYSTEM


def test_every_crossing_says_why():
    for path in files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and opens(node) == "system":
                assert len(node.args) == 1, f"{name(path)}:{node.lineno}"
                assert not (isinstance(node.args[0], ast.Constant) and not node.args[0].value), (
                    f"{name(path)}:{node.lineno}"
                )


def words_in_strings(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def tables_named(path: Path) -> set[str]:
    known = set().union(*TABLES.values())
    named = set()
    for text in words_in_strings(path):
        named |= set(re.findall(r"\bapp\.([a-z_]+)", text)) & known
    return named


def test_a_modules_sql_names_its_own_tables_only():
    taken = {
        (name(path), table)
        for module in MODULES
        for path in files(f"modules/{module}")
        for table in tables_named(path) - TABLES.get(module, set()) - TABLES["shared"]
    }
    assert taken == set(BORROWED)


def test_shared_code_names_the_queues_and_no_business():
    named = {(name(path), table) for path in files("shared") for table in tables_named(path) - TABLES["shared"]}
    # Whose a webhook is, is looked up in the statement that keeps it: a second trip would cost the door a third.
    assert named == {("shared/infra/webhook_inbox.py", "whatsapp_accounts")}


def test_every_table_has_a_module(admin_dsn: str):
    with psycopg.connect(admin_dsn) as connection:
        rows = connection.execute(
            "select relname from pg_class "
            "where relnamespace = 'app'::regnamespace and relkind in ('r', 'p') and not relispartition"
        ).fetchall()
    assert {row[0] for row in rows} == set().union(*TABLES.values())


def registry() -> set[str]:
    worker = Worker(cast(Any, MagicMock(rings=None)))
    return {kind.name for kind in worker.kinds}


def test_names_of_jobs_in_strings_are_jobs_somebody_runs():
    kinds = registry()
    assert set(SCHEDULES) <= kinds
    assert len(SUBSCRIPTIONS) >= 1
    assert all(re.fullmatch(rf"({'|'.join(MODULES)}|main)\.[a-z]+(_[a-z]+)+", kind) for kind in kinds)
    unknown = {}
    for path in files("main", "modules", "shared"):
        if name(path) == "modules/business/ui/words.py":
            continue  # what pages call the actions of the audit log, which have the same form
        routes = names_given(tree(path))
        for text in words_in_strings(path):
            if re.fullmatch(rf"({'|'.join(MODULES)}|main)\.[a-z]+(_[a-z]+)+", text) and text not in kinds | routes:
                unknown[text] = name(path)
    # What is logged has the same form, and what the audit log says was done.
    assert {text: where for text, where in unknown.items() if text not in logged() | audited()} == {}


@cache
def audited() -> set[str]:
    found = set()
    for path in files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and chain(node)[-1:] in (["audit"], ["log_change"]):
                found |= {str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)}
            if isinstance(node, ast.Call) and chain(node)[-1:] == ["AuditEntry"]:
                found |= {str(k.value.value) for k in node.keywords if isinstance(k.value, ast.Constant)}
    return found


@cache
def logged() -> set[str]:
    return {
        str(node.args[0].value)
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and chain(node)[:1] == ["log"]
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def names_given(source: ast.Module) -> set[str]:
    """Of routes, and of what stands in the audit log."""
    return {
        str(part.value)
        for node in ast.walk(source)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in ("name", "action")
        for part in ast.walk(keyword.value)
        if isinstance(part, ast.Constant)
    }


def test_no_file_is_named_for_nothing():
    empty_names = {"utils", "util", "helpers", "helper", "service", "services", "manager", "managers", "common", "misc"}
    assert [name(path) for path in files() if path.stem in empty_names] == []


def test_every_module_says_what_it_is():
    for module in MODULES:
        words = ast.get_docstring(tree(SRC / "modules" / module / "__init__.py"))
        assert words, module
        assert len(words.split()) >= 10, module
    assert len(MODULES) == 8


def test_no_two_test_files_share_a_name():
    # pytest imports them by their names alone: of two that share one, the second is not collected.
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, files in names.items() if files > 1] == []


def test_files_stay_readable():
    sizes = {name(path): len(path.read_text("utf-8").splitlines()) for path in files()}
    assert {path: size for path, size in sizes.items() if size > LONGEST and path not in LONG} == {}
    assert set(LONG) <= {path for path, size in sizes.items() if size > LONGEST}, "no longer long"


def test_imports_stand_at_the_top():
    found = set()
    for path in files():
        for function in ast.walk(tree(path)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function)
            ):
                found.add(name(path))
    assert found == set(LAZY)


# Documents.

FLOWS = sorted((ROOT / "docs" / "flows").glob("*.md"))
DOCUMENTS = [
    *FLOWS,
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "adr").glob("*.md")),
    ROOT / "README.md",
]


@cache
def defined() -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for path in files() for node in ast.walk(tree(path)) if isinstance(node, kinds)}


@cache
def quoted() -> set[str]:
    """Names of vendors' fields and of our own columns and tables."""
    words: set[str] = set()
    for path in files():
        for text in words_in_strings(path):
            words |= set(re.findall(r"\w+", text))
    for migration in (SRC / "migrations").glob("*.sql"):
        words |= set(re.findall(r"\w+", migration.read_text("utf-8")))
    return words


def in_backticks(document: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def test_there_are_flow_documents():
    assert {path.name for path in FLOWS} >= {"inbound-message.md", "outbound-message.md"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_files_that_exist(document: Path):
    paths = [
        token
        for token in in_backticks(document)
        if re.fullmatch(r"(src|docs|tests|bin|\.ci|requirements)/[\w./*-]+", token)
    ]
    links = re.findall(r"\]\(([^)#:\s]+)\)", document.read_text("utf-8"))
    missing = [token for token in paths if not list(ROOT.glob(token.rstrip("/")))]
    missing += [link for link in links if not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", FLOWS, ids=lambda path: path.name)
def test_flows_name_functions_that_exist(document: Path):
    tokens = in_backticks(document)
    assert sum(token.startswith("src/") for token in tokens) >= 5
    kinds = registry()
    for token in tokens:
        word = token.removesuffix("()")
        if re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)+", word):
            assert word in kinds, f"{document.name}: there is no job {word}"
        elif re.fullmatch(r"[A-Z][a-z]+([A-Z][A-Za-z]*)+", word):
            assert word in defined(), f"{document.name}: there is no class {word}"
        elif re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", word):
            assert word in defined() | quoted(), f"{document.name}: there is no {word}"
