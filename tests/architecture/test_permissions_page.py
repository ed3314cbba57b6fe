"""The page of permissions is what the code says, and every operation names one."""

from permissions_page import PAGE, operations, written

from wacloud.shared.ui.permissions import ROLES, Permission


def test_the_page_of_permissions_is_what_the_code_says():
    assert PAGE.read_text("utf-8") == written(), "run: python tests/architecture/permissions_page.py"


def test_the_page_has_every_role_every_permission_and_every_operation():
    page = PAGE.read_text("utf-8")
    for permission in Permission:
        assert f"| `{permission.value}` |" in page
    assert " | ".join(ROLES) in page
    for path, method, asks in operations():
        assert f"| `{method} {path}` | {asks} |" in page
